// Pictures to numbers of any type, and back.
#pragma once

#include "../module/formats.h"
#include "png.h"

namespace tool {

// Whether pictures can have come from, and become, numbers of `type`: u8, u16 and floats.
bool is_of_pictures(ist::aot::DataType type);

// Samples as numbers of `type`: of u8 and u16 as they are (u8 from 16 bits: the high byte; u16 from 8 bits: times 257),
// of floats from 0 to 1. False for other types.
bool to_numbers(const Picture& picture, ist::aot::DataType type, Bytes& numbers);

// The other way: u8 with 8 bits, u16 with 16, floats are clamped to 0 to 1 and get 8. False for other types, and for
// `numbers` that do not make width x height x channels.
bool to_picture(const Bytes& numbers, ist::aot::DataType type, Picture& picture);

// Red and blue change places.
void swap_red_blue(Bytes& texels, const Format& format);

}  // namespace tool
