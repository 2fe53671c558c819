// The addon's exports; src/audio/addon-types.ts describes them. Loaded once in each thread that uses audio.
#include "bindings/bindings.h"
#include "bindings/environment.h"
#include "kernels/kernels.h"

namespace {

Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  const trunkline::KernelChoice& choice = trunkline::ChosenKernels();
  if (choice.kernels == nullptr) {
    Napi::Error::New(env, choice.error).ThrowAsJavaScriptException();
    return exports;
  }
  env.SetInstanceData(new trunkline::EnvironmentPointer(std::make_shared<trunkline::Environment>()));
  trunkline::ExportCodec(env, exports);
  trunkline::ExportStreamReceiver(env, exports);
  trunkline::ExportResampler(env, exports);
  trunkline::ExportLoopPace(env, exports);
  trunkline::ExportDirectMedia(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(trunkline, InitAddon)
