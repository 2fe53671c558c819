// Measures libspeexdsp, libsoxr and libsamplerate, fed as a call feeds its resampler: 20 ms at a time, one stream; and
// our own kernels without the call from JavaScript. Prints a JSON array of { name, samples, medianNs, leastNs }.
#include <samplerate.h>
#include <soxr.h>
#include <speex/speex_resampler.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "dsp/resampler_design.h"
#include "kernels/kernels.h"

namespace {

bool is_first = true;

// 41 rounds of calls that together last about 2 ms.
template <typename Work>
void Measure(const std::string& name, size_t samples, Work work) {
  using Clock = std::chrono::steady_clock;
  const auto ns_of = [&](int calls) {
    const auto start = Clock::now();
    for (int i = 0; i < calls; ++i) {
      work();
      asm volatile("" ::: "memory");
    }
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / calls;
  };
  ns_of(10);
  const int calls = std::max(1, static_cast<int>(2e6 / ns_of(10)));
  std::vector<double> rounds(41);
  for (double& round : rounds) round = ns_of(calls);
  std::sort(rounds.begin(), rounds.end());
  std::printf("%s{\"name\":\"%s\",\"samples\":%zu,\"medianNs\":%.2f,\"leastNs\":%.2f}", is_first ? "[" : ",\n",
              name.c_str(), samples, rounds[20], rounds[0]);
  is_first = false;
}

void MeasurePeers(unsigned from_hz, unsigned to_hz) {
  const size_t in = from_hz / 50;
  const size_t out = to_hz / 50;
  const std::string pair = std::to_string(from_hz) + " to " + std::to_string(to_hz);
  std::vector<int16_t> input(in);
  std::vector<int16_t> output(out + 64);
  for (size_t i = 0; i < in; ++i) input[i] = static_cast<int16_t>(i * 40503);

  for (const int quality : {3, 5}) {
    SpeexResamplerState* state = speex_resampler_init(1, from_hz, to_hz, quality, nullptr);
    Measure("speexdsp q" + std::to_string(quality) + " " + pair, out, [&] {
      spx_uint32_t taken = static_cast<spx_uint32_t>(in);
      spx_uint32_t given = static_cast<spx_uint32_t>(output.size());
      speex_resampler_process_int(state, 0, input.data(), &taken, output.data(), &given);
    });
    speex_resampler_destroy(state);
  }

  const soxr_io_spec_t io = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
  for (const bool is_high : {false, true}) {
    const soxr_quality_spec_t quality = soxr_quality_spec(is_high ? SOXR_HQ : SOXR_LQ, 0);
    const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
    soxr_t soxr = soxr_create(from_hz, to_hz, 1, nullptr, &io, &quality, &runtime);
    Measure(std::string(is_high ? "soxr HQ " : "soxr LQ ") + pair, out, [&] {
      size_t taken = 0;
      size_t given = 0;
      soxr_process(soxr, input.data(), in, &taken, output.data(), output.size(), &given);
    });
    soxr_delete(soxr);
  }

  int error = 0;
  SRC_STATE* state = src_new(SRC_SINC_FASTEST, 1, &error);
  std::vector<float> float_input(in);
  std::vector<float> float_output(out + 64);
  Measure("libsamplerate fastest " + pair, out, [&] {
    SRC_DATA job = {};
    src_short_to_float_array(input.data(), float_input.data(), static_cast<int>(in));
    job.data_in = float_input.data();
    job.data_out = float_output.data();
    job.input_frames = static_cast<long>(in);
    job.output_frames = static_cast<long>(float_output.size());
    job.src_ratio = static_cast<double>(to_hz) / from_hz;
    src_process(state, &job);
    src_float_to_short_array(float_output.data(), output.data(), static_cast<int>(job.output_frames_gen));
  });
  src_delete(state);
}

void MeasureKernels(const trunkline::Kernels& kernels) {
  const std::string isa = std::string(" kernel, ") + kernels.isa;
  std::vector<uint8_t> codes(160);
  std::vector<int16_t> samples(160);
  std::vector<int16_t> decoded(160);
  std::vector<char> text(216);
  for (size_t i = 0; i < 160; ++i) {
    codes[i] = static_cast<uint8_t>(i * 37);
    samples[i] = static_cast<int16_t>(i * 40503);
  }
  Measure("mu-law decode" + isa, 160, [&] { kernels.mulaw_decode(codes.data(), 160, decoded.data()); });
  Measure("mu-law encode" + isa, 160, [&] { kernels.mulaw_encode(samples.data(), 160, codes.data()); });
  Measure("A-law decode" + isa, 160, [&] { kernels.alaw_decode(codes.data(), 160, decoded.data()); });
  Measure("A-law encode" + isa, 160, [&] { kernels.alaw_encode(samples.data(), 160, codes.data()); });
  Measure("base64 encode" + isa, 160, [&] { kernels.base64_encode(codes.data(), 160, text.data()); });
  Measure("base64 decode" + isa, 160, [&] { kernels.base64_decode(text.data(), 216, codes.data()); });
}

}  // namespace

int main() {
  const trunkline::Kernels* const* tables = nullptr;
  const size_t count = trunkline::AvailableKernels(&tables);
  for (size_t i = 0; i < count; ++i) MeasureKernels(*tables[i]);
  constexpr unsigned kPairs[][2] = {{16000, 8000}, {8000, 16000}, {48000, 8000}, {16000, 48000}};
  for (const auto& pair : kPairs) MeasurePeers(pair[0], pair[1]);
  std::printf("]\n");
  return 0;
}
