// LLVM modules made for tests: the members of metadata.tcb and graphs.tcb as plain structs, to be made
// wrong at will, and their bytes. Written from the format's description, not with the code under test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aot/module_desc.h"
#include "zip_writer.h"

namespace ist::test {

struct TcbMember;

struct TcbType {
  int32_t kind = 3;  // -1 null, 0 primitive, 1 pointer, 2 tensor, 3 struct, 4 argpack, 5 to 9 quantised
  int32_t primitive = 0;
  std::vector<int32_t> shape;
  std::vector<TcbMember> members;
  std::vector<TcbType> inner;  // pointer: pointee; tensor: element
  bool is_bit_pointer = false;
};

struct TcbMember {
  std::string name;
  TcbType type;
  uint64_t offset = 0;
};

TcbType tcb_null();
TcbType tcb_primitive(aot::DataType type);
TcbType tcb_pointer(TcbType pointee);
TcbType tcb_tensor(std::vector<int32_t> shape, aot::DataType element);
// Appends a member where the rules of C put it.
void append_member(TcbType& structure, const std::string& name, TcbType type);
uint64_t size_of(const TcbType& type);

struct TcbArgument {
  std::vector<int32_t> index;
  bool is_array = false;
  bool is_argpack = false;
  uint64_t total_dim = 0;
  uint32_t format = 0;
  TcbType dt;
  bool needs_grad = false;
  std::vector<int32_t> element_shape;
  int32_t ptype = 0;
};

struct TcbTask {
  std::string name;
  int32_t block_dim = 0;
  int32_t grid_dim = 0;
  int32_t dynamic_shared_bytes = 0;
};

struct TcbKernel {
  std::string key;
  std::string name;
  std::vector<TcbArgument> args;
  std::vector<TcbTask> tasks;
  std::vector<TcbType> rets;
  TcbType ret_type;
  uint64_t ret_size = 0;
  TcbType args_type;
  uint64_t args_size = 0;
  std::string ir;
};

// A kernel with one task `<name>_kernel_0_serial` and no arguments; `ir` is the text of its file.
TcbKernel tcb_kernel(const std::string& name, std::string ir);
// Append an argument and make room for it in the block.
void add_scalar(TcbKernel& kernel, aot::DataType type);
void add_tensor(TcbKernel& kernel, aot::DataType type, int rows, int columns = 1);
void add_ndarray(TcbKernel& kernel, aot::DataType type, int rank, std::vector<int32_t> element_shape = {},
                 bool needs_grad = false);
void add_argpack(TcbKernel& kernel);
void add_return(TcbKernel& kernel, const TcbType& type);

struct TcbSnode {
  int32_t id = 0;
  int32_t type = 0;
  uint64_t cell_bytes = 0;
  uint64_t chunk_cells = 0;
};

struct TcbTree {
  int32_t key = 0;
  int32_t id = 0;
  int32_t root_id = 0;
  uint64_t root_bytes = 0;
  std::vector<TcbSnode> snodes;
};

struct TcbGraphArg {
  std::string name;
  int32_t dtype = 5;
  uint64_t field_dim = 0;
  int32_t tag = 0;  // 0 scalar, 1 matrix, 2 ndarray, 3 texture, 4 rw texture
  std::vector<int32_t> element_shape;
  uint64_t num_channels = 0x100000060;  // uninitialised in real files
};

struct TcbDispatch {
  std::string kernel;
  std::vector<TcbGraphArg> args;
};

struct TcbGraph {
  std::string name;
  std::vector<TcbDispatch> dispatches;
};

struct TcbModule {
  uint16_t version[3] = {1, 7, 4};
  std::vector<TcbTree> trees;
  std::vector<TcbKernel> kernels;
  std::vector<TcbGraph> graphs;
};

std::string metadata_tcb(const TcbModule& module);
std::string graphs_tcb(const TcbModule& module);
// Both catalogues, a <kernel>.ll each, and __version__.
Files llvm_files(const TcbModule& module);

// IR with the given target and an empty function for every task of `kernel`.
std::string empty_ir(const std::string& triple, const std::vector<std::string>& tasks);

// A module with every kind of argument, return value, node and graph argument.
TcbModule rich_module(const std::string& triple = "x86_64-pc-linux-gnu");

}  // namespace ist::test
