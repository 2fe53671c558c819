// The functions without state: G.711, base64, and what the addon says of itself.
#include "bindings/arguments.h"
#include "bindings/bindings.h"
#include "bindings/environment.h"
#include "kernels/kernels.h"

namespace trunkline {
namespace {

using arguments::HasRoom;
using arguments::Span;
using arguments::ToBytes;
using arguments::ToSamples;

napi_value ToNumber(napi_env env, size_t number) {
  napi_value value = nullptr;
  if (number <= UINT32_MAX) napi_create_uint32(env, static_cast<uint32_t>(number), &value);
  else napi_create_double(env, static_cast<double>(number), &value);
  return value;
}

// The two arguments (input, output); missing ones are undefined.
bool TakeArguments(napi_env env, napi_callback_info info, napi_value (&values)[2]) {
  size_t count = 2;
  return napi_get_cb_info(env, info, &count, values, nullptr, nullptr) == napi_ok;
}

using DecodeKernel = void (*)(const uint8_t*, size_t, int16_t*);
using EncodeKernel = void (*)(const int16_t*, size_t, uint8_t*);

template <DecodeKernel Kernels::* kernel>
napi_value Decode(napi_env env, napi_callback_info info) {
  napi_value values[2];
  Span<uint8_t> input;
  Span<int16_t> output;
  if (!TakeArguments(env, info, values) || !ToBytes(env, values[0], "input", &input) ||
      !ToSamples(env, values[1], "output", &output) || !HasRoom(env, input, output, input.length)) {
    return nullptr;
  }
  (ActiveKernels().*kernel)(input.data, input.length, output.data);
  return ToNumber(env, input.length);
}

template <EncodeKernel Kernels::* kernel>
napi_value Encode(napi_env env, napi_callback_info info) {
  napi_value values[2];
  Span<int16_t> input;
  Span<uint8_t> output;
  if (!TakeArguments(env, info, values) || !ToSamples(env, values[0], "input", &input) ||
      !ToBytes(env, values[1], "output", &output) || !HasRoom(env, input, output, input.length)) {
    return nullptr;
  }
  (ActiveKernels().*kernel)(input.data, input.length, output.data);
  return ToNumber(env, input.length);
}

napi_value Base64Encode(napi_env env, napi_callback_info info) {
  napi_value values[2];
  Span<uint8_t> input;
  Span<uint8_t> output;
  if (!TakeArguments(env, info, values) || !ToBytes(env, values[0], "input", &input) ||
      !ToBytes(env, values[1], "output", &output) || !HasRoom(env, input, output, (input.length + 2) / 3 * 4)) {
    return nullptr;
  }
  return ToNumber(env,
                  ActiveKernels().base64_encode(input.data, input.length, reinterpret_cast<char*>(output.data)));
}

napi_value Base64Decode(napi_env env, napi_callback_info info) {
  napi_value values[2];
  Span<uint8_t> input;
  Span<uint8_t> output;
  if (!TakeArguments(env, info, values) || !ToBytes(env, values[0], "input", &input) ||
      !ToBytes(env, values[1], "output", &output) || !HasRoom(env, input, output, (input.length + 3) / 4 * 3)) {
    return nullptr;
  }
  const size_t written =
      ActiveKernels().base64_decode(reinterpret_cast<const char*>(input.data), input.length, output.data);
  napi_value value = nullptr;
  napi_create_double(env, written == kNotBase64 ? -1.0 : static_cast<double>(written), &value);
  return value;
}

Napi::Value ActiveIsa(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), ActiveKernels().isa); }

Napi::Object ToObject(Napi::Env env, const LiveObjects& live) {
  Napi::Object object = Napi::Object::New(env);
  object["receivers"] = Napi::Number::New(env, live.receivers);
  object["resamplers"] = Napi::Number::New(env, live.resamplers);
  return object;
}

Napi::Value LiveObjectsHere(const Napi::CallbackInfo& info) {
  return ToObject(info.Env(), EnvironmentOf(info.Env())->live);
}

Napi::Value LiveObjectsInProcess(const Napi::CallbackInfo& info) {
  return ToObject(info.Env(), process_live_objects);
}

void ExportRaw(Napi::Env env, Napi::Object exports, const char* name, napi_callback callback) {
  napi_value function = nullptr;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function) == napi_ok) {
    napi_set_named_property(env, exports, name, function);
  }
}

}  // namespace

void ExportCodec(Napi::Env env, Napi::Object exports) {
  ExportRaw(env, exports, "mulawDecode", Decode<&Kernels::mulaw_decode>);
  ExportRaw(env, exports, "mulawEncode", Encode<&Kernels::mulaw_encode>);
  ExportRaw(env, exports, "alawDecode", Decode<&Kernels::alaw_decode>);
  ExportRaw(env, exports, "alawEncode", Encode<&Kernels::alaw_encode>);
  ExportRaw(env, exports, "base64Encode", Base64Encode);
  ExportRaw(env, exports, "base64Decode", Base64Decode);
  exports["activeIsa"] = Napi::Function::New<ActiveIsa>(env, "activeIsa");
  exports["liveObjects"] = Napi::Function::New<LiveObjectsHere>(env, "liveObjects");
  exports["liveObjectsInProcess"] = Napi::Function::New<LiveObjectsInProcess>(env, "liveObjectsInProcess");
}

}  // namespace trunkline
