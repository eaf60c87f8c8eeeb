// Set-up of ImGui's Vulkan backend.
#include "overlay.h"

#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_vulkan.h>
#include <imgui.h>

#include <stdexcept>

namespace demo {
namespace {

OwnedDescriptorPool make_pool(const Gpu& gpu) {
  const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 1};
  auto info = typed<VkDescriptorPoolCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO);
  info.flags = VK_DESCRIPTOR_POOL_CREATE_FREE_DESCRIPTOR_SET_BIT;
  info.maxSets = 1;
  info.poolSizeCount = 1;
  info.pPoolSizes = &size;
  VkDescriptorPool pool = VK_NULL_HANDLE;
  expect_vulkan(gpu.vk.vkCreateDescriptorPool(gpu.device(), &info, nullptr, &pool), "vkCreateDescriptorPool");
  return OwnedDescriptorPool(gpu, pool);
}

void check_result(VkResult result) { expect_vulkan(result, "A Vulkan call of ImGui"); }

}  // namespace

Overlay::Overlay(const HostDevice& device, TiRuntime runtime, const Target& target, const Window* window,
                 uint32_t frames_in_flight)
    : window_(window), panel_(runtime), pool_(make_pool(device.gpu())) {
  ImGui::CreateContext();
  ImGui::GetIO().IniFilename = nullptr;
  ImGui::StyleColorsDark();
  if (window) ImGui_ImplGlfw_InitForVulkan(window->native(), true);
  ImGui_ImplVulkan_InitInfo info{};
  info.Instance = device.instance();
  info.PhysicalDevice = device.physical_device();
  info.Device = device.gpu().device();
  info.QueueFamily = device.gpu().queue_family();
  info.Queue = device.gpu().queue();
  info.DescriptorPool = pool_.get();
  info.MinImageCount = frames_in_flight;
  info.ImageCount = frames_in_flight;
  info.MSAASamples = VK_SAMPLE_COUNT_1_BIT;
  info.CheckVkResultFn = check_result;
  ImGui_ImplVulkan_Init(&info, target.pass().render_pass());
  upload_fonts(device.gpu());
}

Overlay::~Overlay() {
  ImGui_ImplVulkan_Shutdown();
  if (window_) ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
}

void Overlay::upload_fonts(const Gpu& gpu) const {
  Commands(gpu).run([](VkCommandBuffer commands) { ImGui_ImplVulkan_CreateFontsTexture(commands); });
  ImGui_ImplVulkan_DestroyFontUploadObjects();
}

void Overlay::build(VkExtent2D extent, const HostFacts& facts, const Scene& scene) {
  ImGui_ImplVulkan_NewFrame();
  if (window_) {
    ImGui_ImplGlfw_NewFrame();
  } else {
    ImGui::GetIO().DisplaySize = ImVec2(float(extent.width), float(extent.height));
    ImGui::GetIO().DeltaTime = 1.0f / 60;
  }
  ImGui::NewFrame();
  panel_.sample();
  panel_.draw(facts, scene);
  ImGui::Render();
}

void Overlay::draw(VkCommandBuffer commands) const { ImGui_ImplVulkan_RenderDrawData(ImGui::GetDrawData(), commands); }

bool Overlay::wants_pointer() const { return ImGui::GetIO().WantCaptureMouse; }

}  // namespace demo
