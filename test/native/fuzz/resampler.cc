// Fuzzes the resampler: the first bytes choose the rates and how the input is cut, the rest are samples. Every way of
// cutting gives the same output, within the bound that was promised.
#include "dsp/resampler.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "dsp/sample_rates.h"

namespace {

using trunkline::kSampleRatesHz;

// Of exactly the promised size, so that a sanitizer sees one sample more.
void Append(trunkline::Resampler* resampler, const int16_t* input, size_t count, std::vector<int16_t>* output) {
  std::vector<int16_t> part(resampler->MaxOutputSamples(count));
  const size_t written = resampler->Process(input, count, part.data());
  if (written > part.size()) std::abort();
  output->insert(output->end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(written));
}

// Filters live as long as a resampler that uses them; designing one anew for every input would take most of the time.
void KeepFilter(uint32_t from, uint32_t to) {
  static std::map<std::pair<uint32_t, uint32_t>, trunkline::Resampler> kept;
  kept.try_emplace({from, to}, from, to);
}

void Finish(trunkline::Resampler* resampler, std::vector<int16_t>* output) {
  std::vector<int16_t> rest(std::max<size_t>(resampler->delay_samples(), resampler->MaxOutputSamples(0)));
  rest.resize(resampler->Flush(rest.data()));
  output->insert(output->end(), rest.begin(), rest.end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  constexpr size_t kRates = sizeof kSampleRatesHz / sizeof kSampleRatesHz[0];
  if (count < 4) return 0;
  const uint32_t from = kSampleRatesHz[bytes[0] % kRates];
  const uint32_t to = kSampleRatesHz[bytes[1] % kRates];
  uint32_t cut = bytes[2] | static_cast<uint32_t>(bytes[3]) << 8;
  std::vector<int16_t> input((count - 4) / 2);
  if (!input.empty()) std::memcpy(input.data(), bytes + 4, input.size() * 2);

  KeepFilter(from, to);
  trunkline::Resampler whole(from, to);
  std::vector<int16_t> expected;
  Append(&whole, input.data(), input.size(), &expected);
  Finish(&whole, &expected);

  trunkline::Resampler pieces(from, to);
  std::vector<int16_t> output;
  for (size_t at = 0; at < input.size();) {
    cut = cut * 1103515245U + 12345U;
    const size_t length = std::min<size_t>((cut >> 16) % 64, input.size() - at);
    Append(&pieces, input.data() + at, length, &output);
    at += length;
    if (length == 0) cut += 1;
  }
  Finish(&pieces, &output);
  if (output != expected) std::abort();
  return 0;
}
