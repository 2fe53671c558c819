// class Resampler: a dsp Resampler in JavaScript's hands. Freed with its object.
#include "dsp/resampler.h"

#include "bindings/arguments.h"
#include "bindings/bindings.h"
#include "bindings/environment.h"
#include "dsp/sample_rates.h"

namespace trunkline {
namespace {

using arguments::HasRoom;
using arguments::Span;
using arguments::ToSamples;

bool ToRate(napi_env env, napi_value value, const char* name, uint32_t* rate_hz) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) return arguments::Refuse(env, kSampleRatesText, name, value);
  if (!IsSampleRate(number)) return arguments::Refuse(env, kSampleRatesText, name, value, true);
  *rate_hz = static_cast<uint32_t>(number);
  return true;
}

class ResamplerObject : public Napi::ObjectWrap<ResamplerObject> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Resampler",
                       {
                           Raw("process", Process),
                           InstanceMethod<&ResamplerObject::Flush>("flush"),
                           InstanceMethod<&ResamplerObject::Reset>("reset"),
                           InstanceMethod<&ResamplerObject::MaxOutputSamples>("maxOutputSamples"),
                           InstanceAccessor<&ResamplerObject::DelaySamples>("delaySamples"),
                       });
  }

  explicit ResamplerObject(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    uint32_t from_hz = 0;
    uint32_t to_hz = 0;
    // Empty where the object could not be wrapped: the environment is ending, and nobody would free what we make.
    if (IsEmpty()) return;
    if (!ToRate(info.Env(), info[0], "fromHz", &from_hz) || !ToRate(info.Env(), info[1], "toHz", &to_hz)) return;
    environment_ = EnvironmentOf(info.Env());
    resampler_ = std::make_unique<Resampler>(from_hz, to_hz);
    ++environment_->live.resamplers;
    ++process_live_objects.resamplers;
  }

  ~ResamplerObject() override {
    if (resampler_ == nullptr) return;
    --environment_->live.resamplers;
    --process_live_objects.resamplers;
  }

 private:
  static Napi::ClassPropertyDescriptor<ResamplerObject> Raw(const char* name, napi_callback method) {
    napi_property_descriptor descriptor = {};
    descriptor.utf8name = name;
    descriptor.method = method;
    descriptor.attributes = napi_default_method;
    return Napi::ClassPropertyDescriptor<ResamplerObject>(descriptor);
  }

  // Called for every frame: raw Node-API. V8 has checked that `this` was made by our class.
  static napi_value Process(napi_env env, napi_callback_info info) {
    napi_value values[2];
    size_t count = 2;
    napi_value self = nullptr;
    void* unwrapped = nullptr;
    if (napi_get_cb_info(env, info, &count, values, &self, nullptr) != napi_ok) return nullptr;
    if (napi_unwrap(env, self, &unwrapped) != napi_ok) {
      napi_throw_type_error(env, nullptr, "Expected a Resampler for this, received another object");
      return nullptr;
    }
    Resampler& resampler = *static_cast<ResamplerObject*>(unwrapped)->resampler_;
    Span<int16_t> input;
    Span<int16_t> output;
    if (!ToSamples(env, values[0], "input", &input) || !ToSamples(env, values[1], "output", &output) ||
        !HasRoom(env, input, output, resampler.MaxOutputSamples(input.length))) {
      return nullptr;
    }
    napi_value written = nullptr;
    napi_create_uint32(env, static_cast<uint32_t>(resampler.Process(input.data, input.length, output.data)), &written);
    return written;
  }

  Napi::Value Flush(const Napi::CallbackInfo& info) {
    Span<int16_t> output;
    if (!ToSamples(info.Env(), info[0], "output", &output) ||
        !HasRoom(info.Env(), Span<int16_t>{}, output, resampler_->delay_samples())) {
      return {};
    }
    return Napi::Number::New(info.Env(), static_cast<double>(resampler_->Flush(output.data)));
  }

  void Reset(const Napi::CallbackInfo&) { resampler_->Reset(); }

  Napi::Value MaxOutputSamples(const Napi::CallbackInfo& info) {
    uint32_t samples = 0;
    if (!arguments::ToCount(info.Env(), info[0], "inputSamples", 0, 1U << 30, &samples)) return {};
    return Napi::Number::New(info.Env(), static_cast<double>(resampler_->MaxOutputSamples(samples)));
  }

  Napi::Value DelaySamples(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), resampler_->delay_samples());
  }

  EnvironmentPointer environment_;
  std::unique_ptr<Resampler> resampler_;
};

}  // namespace

void ExportResampler(Napi::Env env, Napi::Object exports) { exports["Resampler"] = ResamplerObject::Define(env); }

}  // namespace trunkline
