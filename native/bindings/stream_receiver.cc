// class StreamReceiver: wire message or raw samples -> codec -> listener. `receive` and `receiveAudio` are called for
// every frame of every call, and two more where the call is recorded, so they are raw Node-API and allocate nothing.
#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include "bindings/arguments.h"
#include "bindings/bindings.h"
#include "bindings/direct_media.h"
#include "bindings/environment.h"
#include "bindings/received.h"
#include "dsp/listener.h"
#include "dsp/resampler.h"
#include "dsp/sample_rates.h"
#include "kernels/kernels.h"
#include "wire/media_message.h"

namespace trunkline {
namespace {

enum class Codec : uint8_t { kMulaw, kAlaw, kPcm16 };

// Samples decoded at a time, on the stack: 20 ms at 48 kHz.
constexpr size_t kChunkSamples = 960;
constexpr size_t kStreamSidBytesMax = 128;
constexpr uint32_t kGapMsMax = 60000;
// In a row without JavaScript: two seconds of a stream. uWebSockets.js and the flood guard see the socket by what is left to them.
constexpr uint32_t kDirectMax = 99;
// The same while something plays: for so long what JavaScript says of its level holds (media/playout-level.ts).
constexpr uint32_t kDirectPlayingMax = 4;

Napi::Number ToMs(Napi::Env env, int64_t frames) {
  return Napi::Number::New(env, static_cast<double>(frames * kFrameMs));
}

struct Counters {
  double media_messages = 0;
  double ignored_messages = 0;
  double bad_payloads = 0;
  double clipped_frames = 0;
};

class StreamReceiver final : public Napi::ObjectWrap<StreamReceiver>, public MediaTaker {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "StreamReceiver",
                       {
                           Raw("receive", Receive),
                           Raw("receiveAudio", ReceiveAudio),
                           Raw("copyReceived", CopyReceived),
                           Raw("receivedAtMs", ReceivedAtMs),
                           InstanceMethod<&StreamReceiver::ReceiveGap>("receiveGap"),
                           InstanceMethod<&StreamReceiver::SetTakeDirectly>("takeDirectly"),
                           InstanceMethod<&StreamReceiver::HoldDirect>("holdDirect"),
                           InstanceMethod<&StreamReceiver::SetStreamSid>("setStreamSid"),
                           InstanceMethod<&StreamReceiver::Listen>("listen"),
                           InstanceMethod<&StreamReceiver::StopListening>("stopListening"),
                           InstanceMethod<&StreamReceiver::DiscardSpeech>("discardSpeech"),
                           InstanceMethod<&StreamReceiver::ArmNoInput>("armNoInput"),
                           InstanceMethod<&StreamReceiver::DisarmNoInput>("disarmNoInput"),
                           InstanceMethod<&StreamReceiver::TakeUtterance>("takeUtterance"),
                           InstanceMethod<&StreamReceiver::LastUtterance>("lastUtterance"),
                           InstanceMethod<&StreamReceiver::CopySpeech>("copySpeech"),
                           InstanceMethod<&StreamReceiver::SpeechVoicedMs>("speechVoicedMs"),
                           InstanceMethod<&StreamReceiver::MediaMs>("mediaMs"),
                           InstanceMethod<&StreamReceiver::IsSpeech>("isSpeech"),
                           InstanceMethod<&StreamReceiver::LevelDbfs>("levelDbfs"),
                           InstanceMethod<&StreamReceiver::NoiseFloorDbfs>("noiseFloorDbfs"),
                           InstanceMethod<&StreamReceiver::GetCounters>("counters"),
                           InstanceMethod<&StreamReceiver::Close>("close"),
                           InstanceAccessor<&StreamReceiver::UtteranceRateHz>("utteranceRateHz"),
                       });
  }

  explicit StreamReceiver(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    // Empty where the object could not be wrapped: the environment is ending, and nobody would free what we make.
    if (IsEmpty() || !TakeFormat(info.Env(), info[0])) return;
    // 16 kHz is what a voice needs; a telephone has 8.
    utterance_rate_hz_ = rate_hz_ == 8000 ? 8000 : 16000;
    listener_ = std::make_unique<Listener>(utterance_rate_hz_);
    if (rate_hz_ != utterance_rate_hz_) resampler_ = std::make_unique<Resampler>(rate_hz_, utterance_rate_hz_);
    environment_ = EnvironmentOf(info.Env());
    ++environment_->live.receivers;
    ++process_live_objects.receivers;
  }

  ~StreamReceiver() override { Free(); }

 private:
  static Napi::ClassPropertyDescriptor<StreamReceiver> Raw(const char* name, napi_callback method) {
    napi_property_descriptor descriptor = {};
    descriptor.utf8name = name;
    descriptor.method = method;
    descriptor.attributes = napi_default_method;
    return Napi::ClassPropertyDescriptor<StreamReceiver>(descriptor);
  }

  // V8 has checked that `this` was made by our class (methods carry its signature).
  template <size_t kCount>
  static StreamReceiver* TakeThis(napi_env env, napi_callback_info info, napi_value (&values)[kCount]) {
    size_t count = kCount;
    napi_value self = nullptr;
    void* receiver = nullptr;
    if (napi_get_cb_info(env, info, &count, values, &self, nullptr) != napi_ok) return nullptr;
    if (napi_unwrap(env, self, &receiver) != napi_ok) {
      napi_throw_type_error(env, nullptr, "Expected a StreamReceiver for this, received another object");
      return nullptr;
    }
    return static_cast<StreamReceiver*>(receiver);
  }

  static napi_value ToNumber(napi_env env, uint32_t bits) {
    napi_value value = nullptr;
    napi_create_uint32(env, bits, &value);
    return value;
  }

  static napi_value Receive(napi_env env, napi_callback_info info) {
    napi_value values[2];
    StreamReceiver* self = TakeThis(env, info, values);
    if (self == nullptr) return nullptr;
    void* message = nullptr;
    size_t bytes = 0;
    float playout_dbfs = 0;
    if (napi_get_arraybuffer_info(env, values[0], &message, &bytes) != napi_ok) {
      arguments::Refuse(env, "an ArrayBuffer", "message", values[0]);
      return nullptr;
    }
    if (bytes == 0) {
      bool is_detached = false;
      napi_is_detached_arraybuffer(env, values[0], &is_detached);
      if (is_detached) {
        napi_throw_type_error(env, nullptr, "Expected an ArrayBuffer for message, received a detached one");
        return nullptr;
      }
    }
    if (!arguments::ToDbfs(env, values[1], "playoutDbfs", &playout_dbfs)) return nullptr;
    double playout = 0;
    napi_get_value_double(env, values[1], &playout);
    const bool is_anything_playing = playout != -std::numeric_limits<double>::infinity();
    return ToNumber(env, self->TakeOrdinary(static_cast<const char*>(message), bytes, playout_dbfs, is_anything_playing));
  }

  // What came the ordinary way tells whether more may come directly, and says how many did.
  uint32_t TakeOrdinary(const char* message, size_t bytes, float playout_dbfs, bool is_anything_playing) {
    const uint32_t received = TakeMessage(message, bytes, playout_dbfs);
    if ((received & kMedia) == 0) return received;
    const uint32_t direct = taken_directly_;
    taken_directly_ = 0;
    is_direct_ = !on_found_.IsEmpty();
    direct_max_ = is_anything_playing ? kDirectPlayingMax : kDirectMax;
    direct_dbfs_ = playout_dbfs;
    return received | direct << kDirectShift;
  }

  bool TakesDirectly() const override { return is_direct_ && taken_directly_ < direct_max_ && listener_ != nullptr; }

  // Over a prompt each frame counts, so that it ends as soon as somebody speaks; and so it does in speech, whose end is waited for.
  bool CanWait() const override { return direct_max_ == kDirectMax && listener_->is_quiet(); }

  bool TakeDirectly(const char* message, size_t bytes) override {
    const uint32_t received = TakeMessage(message, bytes, direct_dbfs_);
    if (received == 0) return false;
    ++taken_directly_;
    if ((received & ~(kMedia | kIgnored)) != 0) TellFound(received);
    return true;
  }

  // Called from the event loop, outside of any JavaScript.
  void TellFound(uint32_t received) {
    const Napi::Env env = on_found_.Env();
    const Napi::HandleScope scope(env);
    on_found_.MakeCallback(env.Global(), {Napi::Number::New(env, received)});
    if (!env.IsExceptionPending()) return;
    napi_fatal_exception(env, env.GetAndClearPendingException().Value());
  }

  Napi::Value SetTakeDirectly(const Napi::CallbackInfo& info) {
    if (!info[0].IsFunction()) {
      arguments::Refuse(info.Env(), "a function", "found", info[0]);
      return info.Env().Undefined();
    }
    if (listener_ != nullptr && socket_ != nullptr) {
      bound_ = BindMedia(socket_, this, std::as_bytes(std::span(listener_.get(), 1)));
    }
    if (bound_ >= 0) on_found_ = Napi::Persistent(info[0].As<Napi::Function>());
    return Napi::Boolean::New(info.Env(), bound_ >= 0);
  }

  void HoldDirect(const Napi::CallbackInfo&) { is_direct_ = false; }

  // A socket's binary message comes as an ArrayBuffer: a view of it for each frame would cost more than what is done here.
  static bool TakePayload(napi_env env, napi_value value, arguments::Span<uint8_t>* payload) {
    void* bytes = nullptr;
    if (napi_get_arraybuffer_info(env, value, &bytes, &payload->length) != napi_ok) {
      return arguments::ToBytes(env, value, "payload", payload);
    }
    payload->data = static_cast<uint8_t*>(bytes);
    return true;
  }

  static napi_value ReceiveAudio(napi_env env, napi_callback_info info) {
    napi_value values[2];
    StreamReceiver* self = TakeThis(env, info, values);
    arguments::Span<uint8_t> payload;
    float playout_dbfs = 0;
    if (self == nullptr || !TakePayload(env, values[0], &payload) ||
        !arguments::ToDbfs(env, values[1], "playoutDbfs", &playout_dbfs)) {
      return nullptr;
    }
    const uint32_t received = self->Hold(self->TakeAudio(payload.data, payload.length, playout_dbfs), payload.length);
    if ((received & kMedia) != 0 && payload.length <= kPayloadBytesMax) {
      std::memcpy(self->environment_->payload, payload.data, payload.length);
    }
    return ToNumber(env, received);
  }

  static napi_value CopyReceived(napi_env env, napi_callback_info info) {
    napi_value values[3];
    StreamReceiver* self = TakeThis(env, info, values);
    arguments::Span<uint8_t> output;
    size_t at = 0;
    size_t from = 0;
    if (self == nullptr || !arguments::ToBytes(env, values[0], "output", &output) ||
        !arguments::ToIndex(env, values[1], "at", output.length, &at) ||
        !arguments::ToIndex(env, values[2], "from", kPayloadBytesMax, &from)) {
      return nullptr;
    }
    const size_t held = self->HeldBytes();
    const size_t count = from < held ? std::min(held - from, output.length - at) : 0;
    if (count > 0) std::memcpy(output.data + at, self->environment_->payload + from, count);
    return ToNumber(env, static_cast<uint32_t>(count));
  }

  static napi_value ReceivedAtMs(napi_env env, napi_callback_info info) {
    napi_value values[1];
    StreamReceiver* self = TakeThis(env, info, values);
    if (self == nullptr) return nullptr;
    napi_value value = nullptr;
    napi_create_int64(env, self->HeldBytes() > 0 ? self->timestamp_ms_ : -1, &value);
    return value;
  }

  size_t HeldBytes() const {
    return listener_ != nullptr && environment_->payload_of == this ? environment_->payload_bytes : 0;
  }

  // What was just taken in stays for `copyReceived` until the next message of any receiver of the environment.
  uint32_t Hold(uint32_t received, size_t bytes, int64_t timestamp_ms = -1) {
    if (listener_ == nullptr) return received;
    const bool is_held = (received & kMedia) != 0 && bytes <= kPayloadBytesMax;
    environment_->payload_of = is_held ? this : nullptr;
    environment_->payload_bytes = bytes;
    timestamp_ms_ = timestamp_ms;
    return received;
  }

  uint32_t TakeMessage(const char* message, size_t bytes, float playout_dbfs) {
    if (listener_ == nullptr) return 0;
    environment_->payload_of = nullptr;
    MediaMessage media;
    if (codec_ == Codec::kPcm16 ||
        ReadMediaMessage(message, bytes, &media) != MediaReading::kMedia) {
      return 0;
    }
    if (stream_sid_.empty() || media.stream_sid != stream_sid_ || media.track != MediaTrack::kInbound ||
        (media.chunk >= 0 && media.chunk == last_chunk_)) {
      ++counters_.ignored_messages;
      return kIgnored;
    }
    if (media.payload.size() / 4 * 3 > kPayloadBytesMax) return 0;
    last_chunk_ = media.chunk;
    const size_t written =
        ActiveKernels().base64_decode(media.payload.data(), media.payload.size(), environment_->payload);
    const size_t payload_bytes = written == kNotBase64 ? 0 : written;
    return Hold(TakeAudio(environment_->payload, payload_bytes, playout_dbfs), payload_bytes, media.timestamp_ms);
  }

  // Nothing, and half a sample, are bad payloads.
  uint32_t TakeAudio(const uint8_t* payload, size_t bytes, float playout_dbfs) {
    if (listener_ == nullptr) return 0;
    if (bytes == 0 || (codec_ == Codec::kPcm16 && bytes % 2 != 0)) {
      ++counters_.bad_payloads;
      return kIgnored;
    }
    const size_t sample_bytes = codec_ == Codec::kPcm16 ? 2 : 1;
    uint32_t events = 0;
    for (size_t at = 0; at < bytes;) {
      const size_t count = std::min((bytes - at) / sample_bytes, kChunkSamples);
      events = MergeEvents(events, TakeChunk(payload + at, count, playout_dbfs));
      at += count * sample_bytes;
    }
    ++counters_.media_messages;
    counters_.clipped_frames = listener_->clipped_frames();
    input_samples_ += bytes / sample_bytes;
    return kMedia | ToBits(events);
  }

  uint32_t TakeChunk(const uint8_t* payload, size_t count, float playout_dbfs) {
    int16_t samples[kChunkSamples];
    switch (codec_) {
      case Codec::kMulaw: ActiveKernels().mulaw_decode(payload, count, samples); break;
      case Codec::kAlaw: ActiveKernels().alaw_decode(payload, count, samples); break;
      case Codec::kPcm16: std::memcpy(samples, payload, count * sizeof(int16_t)); break;
    }
    if (resampler_ == nullptr) return listener_->Push(samples, count, playout_dbfs);
    // The widest step up is 11,025 to 16,000 Hz.
    int16_t resampled[kChunkSamples * 3 / 2];
    return listener_->Push(resampled, resampler_->Process(samples, count, resampled), playout_dbfs);
  }

  bool TakeFormat(Napi::Env env, Napi::Value format) {
    if (!format.IsObject()) return arguments::Refuse(env, "an object { codec, sampleRateHz }", "format", format);
    const Napi::Value codec = format.As<Napi::Object>().Get("codec");
    const Napi::Value rate = format.As<Napi::Object>().Get("sampleRateHz");
    if (env.IsExceptionPending()) return false;
    const std::string name = codec.IsString() ? codec.As<Napi::String>().Utf8Value() : "";
    if (name == "mulaw") codec_ = Codec::kMulaw;
    else if (name == "alaw") codec_ = Codec::kAlaw;
    else if (name == "pcm16") codec_ = Codec::kPcm16;
    else return arguments::Refuse(env, "mulaw, alaw or pcm16", "format.codec", codec);
    const double rate_hz = rate.IsNumber() ? rate.As<Napi::Number>().DoubleValue() : 0;
    if (codec_ != Codec::kPcm16 && rate_hz != 8000) {
      return arguments::Refuse(env, "8000 (the rate of G.711)", "format.sampleRateHz", rate, rate.IsNumber());
    }
    if (!IsSampleRate(rate_hz)) {
      return arguments::Refuse(env, kSampleRatesText, "format.sampleRateHz", rate, rate.IsNumber());
    }
    rate_hz_ = static_cast<uint32_t>(rate_hz);
    return true;
  }

  void SetStreamSid(const Napi::CallbackInfo& info) {
    if (!info[0].IsString()) {
      arguments::Refuse(info.Env(), "a string", "streamSid", info[0]);
      return;
    }
    std::string stream_sid = info[0].As<Napi::String>().Utf8Value();
    if (stream_sid.empty() || stream_sid.size() > kStreamSidBytesMax) {
      arguments::Refuse(info.Env(), "1 to 128 characters", "streamSid", info[0], true);
      return;
    }
    stream_sid_ = std::move(stream_sid);
    last_chunk_ = -1;
    // Its `start` is just being read.
    socket_ = SocketBeingRead();
  }

  void Listen(const Napi::CallbackInfo& info) {
    if (!info[0].IsObject()) {
      arguments::Refuse(info.Env(), "an object { endOfSpeechMs, maxUtteranceMs, provisionalMs, chunkMs }", "settings",
                        info[0]);
      return;
    }
    const Napi::Object object = info[0].As<Napi::Object>();
    const Napi::Value end = object.Get("endOfSpeechMs");
    const Napi::Value most = object.Get("maxUtteranceMs");
    const Napi::Value provisional = object.Get("provisionalMs");
    const Napi::Value chunk = object.Get("chunkMs");
    ListenSettings settings;
    if (info.Env().IsExceptionPending() ||
        !arguments::ToCount(info.Env(), end, "settings.endOfSpeechMs", 100, 5000, &settings.end_of_speech_ms) ||
        !arguments::ToCount(info.Env(), most, "settings.maxUtteranceMs", 500, 60000, &settings.max_utterance_ms) ||
        !arguments::ToCount(info.Env(), provisional, "settings.provisionalMs", 100, 5000, &settings.provisional_ms,
                            arguments::Zero::kIsNone) ||
        !arguments::ToCount(info.Env(), chunk, "settings.chunkMs", kFrameMs, 1000, &settings.chunk_ms,
                            arguments::Zero::kIsNone)) {
      return;
    }
    if (listener_ != nullptr) listener_->Listen(settings);
  }

  Napi::Value ReceiveGap(const Napi::CallbackInfo& info) {
    uint32_t duration_ms = 0;
    float playout_dbfs = 0;
    if (!arguments::ToCount(info.Env(), info[0], "durationMs", kFrameMs, kGapMsMax, &duration_ms) ||
        !arguments::ToDbfs(info.Env(), info[1], "playoutDbfs", &playout_dbfs)) {
      return info.Env().Undefined();
    }
    if (listener_ == nullptr) return Napi::Number::New(info.Env(), 0);
    const uint32_t frames = duration_ms / kFrameMs;
    is_direct_ = false;  // JavaScript is to see the first that comes again.
    input_samples_ += static_cast<uint64_t>(frames) * kFrameMs * rate_hz_ / 1000;
    return Napi::Number::New(info.Env(), ToBits(listener_->PushGap(frames, playout_dbfs)));
  }

  void StopListening(const Napi::CallbackInfo&) {
    if (listener_ != nullptr) listener_->StopListening();
  }

  void DiscardSpeech(const Napi::CallbackInfo&) {
    if (listener_ != nullptr) listener_->DiscardSpeech();
  }

  void ArmNoInput(const Napi::CallbackInfo& info) {
    uint32_t no_input_ms = 0;
    if (!arguments::ToCount(info.Env(), info[0], "noInputMs", 1, 3600000, &no_input_ms)) return;
    if (listener_ != nullptr) listener_->ArmNoInput(no_input_ms);
  }

  void DisarmNoInput(const Napi::CallbackInfo&) {
    if (listener_ != nullptr) listener_->DisarmNoInput();
  }

  Napi::Value TakeUtterance(const Napi::CallbackInfo& info) {
    if (listener_ == nullptr) return info.Env().Null();
    const Napi::Value taken = ToArrayBuffer(info.Env(), listener_->finished(), 0);
    if (!taken.IsNull()) listener_->Take();
    return taken;
  }

  Napi::Value CopySpeech(const Napi::CallbackInfo& info) {
    uint32_t from_samples = 0;
    if (!arguments::ToCount(info.Env(), info[0], "fromSamples", 0, UINT32_MAX, &from_samples)) {
      return info.Env().Undefined();
    }
    if (listener_ == nullptr) return info.Env().Null();
    return ToArrayBuffer(info.Env(), listener_->current(), from_samples);
  }

  Napi::Value SpeechVoicedMs(const Napi::CallbackInfo& info) {
    return ToMs(info.Env(), listener_ != nullptr ? listener_->current_voiced() : 0);
  }

  // What lies from `from` on, copied; null if nothing does, or without memory for it. Engine-owned: memory of ours could not
  // be transferred to a worker.
  static Napi::Value ToArrayBuffer(Napi::Env env, const UtteranceBuffer& samples, size_t from) {
    if (samples.count() <= from) return env.Null();
    const size_t bytes = (samples.count() - from) * sizeof(int16_t);
    void* copy = nullptr;
    napi_value buffer = nullptr;
    if (napi_create_arraybuffer(env, bytes, &copy, &buffer) != napi_ok) return env.Null();
    std::memcpy(copy, samples.samples() + from, bytes);
    return Napi::Value(env, buffer);
  }

  Napi::Value LastUtterance(const Napi::CallbackInfo& info) {
    const UtteranceSpan span = listener_ != nullptr ? listener_->last_utterance() : last_;
    Napi::Object object = Napi::Object::New(info.Env());
    object["audioStartMs"] = ToMs(info.Env(), span.audio_start);
    object["speechStartMs"] = ToMs(info.Env(), span.speech.start);
    object["speechEndMs"] = ToMs(info.Env(), span.speech.end);
    object["cut"] = Napi::Boolean::New(info.Env(), span.speech.is_cut);
    object["voicedMs"] = ToMs(info.Env(), span.speech.voiced);
    return object;
  }

  Napi::Value MediaMs(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(input_samples_) * 1000.0 / rate_hz_);
  }

  Napi::Value IsSpeech(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), listener_ != nullptr && listener_->is_speech());
  }

  Napi::Value LevelDbfs(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), listener_ != nullptr ? listener_->level_dbfs() : kSilenceDbfs);
  }

  Napi::Value NoiseFloorDbfs(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), listener_ != nullptr ? listener_->noise_floor_dbfs() : kSilenceDbfs);
  }

  Napi::Value GetCounters(const Napi::CallbackInfo& info) {
    Napi::Object object = Napi::Object::New(info.Env());
    object["mediaMessages"] = Napi::Number::New(info.Env(), counters_.media_messages);
    object["ignoredMessages"] = Napi::Number::New(info.Env(), counters_.ignored_messages);
    object["badPayloads"] = Napi::Number::New(info.Env(), counters_.bad_payloads);
    object["clippedFrames"] = Napi::Number::New(info.Env(), counters_.clipped_frames);
    return object;
  }

  Napi::Value UtteranceRateHz(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), utterance_rate_hz_);
  }

  void Close(const Napi::CallbackInfo&) { Free(); }

  void Free() {
    if (listener_ == nullptr) return;
    if (bound_ >= 0) UnbindMedia(bound_, this);
    bound_ = -1;
    on_found_.Reset();
    is_direct_ = false;
    last_ = listener_->last_utterance();
    listener_.reset();
    resampler_.reset();
    --environment_->live.receivers;
    --process_live_objects.receivers;
  }

  // First, and beside MediaTaker: what each message needs.
  bool is_direct_ = false;
  Codec codec_ = Codec::kMulaw;
  uint32_t taken_directly_ = 0;  // Since the last that came the ordinary way.
  uint32_t direct_max_ = 0;
  float direct_dbfs_ = 0;  // What plays meanwhile.
  // Null before a format was taken and after close.
  std::unique_ptr<Listener> listener_;
  EnvironmentPointer environment_;
  // Empty before `setStreamSid`.
  std::string stream_sid_;
  int64_t last_chunk_ = -1;  // Of the last message; -1 if it had none.
  int64_t timestamp_ms_ = -1;
  uint64_t input_samples_ = 0;
  Counters counters_;
  // Only where the rates differ.
  std::unique_ptr<Resampler> resampler_;
  uint32_t rate_hz_ = 8000;
  uint32_t utterance_rate_hz_ = 8000;
  // That `start` came on; null where it did not come by a socket that we see.
  us_socket_t* socket_ = nullptr;
  int bound_ = -1;  // What to unbind it by.
  Napi::FunctionReference on_found_;
  // What stays to be read after close.
  UtteranceSpan last_;
};

}  // namespace

void ExportStreamReceiver(Napi::Env env, Napi::Object exports) {
  exports["StreamReceiver"] = StreamReceiver::Define(env);
}

}  // namespace trunkline
