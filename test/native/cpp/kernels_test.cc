// Holds every table of kernels that this build and CPU have against the scalar one, and the scalar G.711 against the
// recommendation's formulas: all lengths from 0 to 300, all alignments of 64 bytes, guards around every output. A program
// without a framework, so that it runs under an emulator as it is. Exit code 0, or 1 with the first differences.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

#include "dsp/resampler_design.h"
#include "dsp/sample_rates.h"
#include "kernels/kernels.h"

namespace trunkline {
namespace {

constexpr size_t kLengthMax = 300;
constexpr size_t kGuardBytes = 64;
constexpr uint8_t kGuard = 0xA5;

int failures = 0;

void Expect(bool is_right, const char* isa, const char* what, size_t length, size_t offset) {
  if (is_right || ++failures > 20) return;
  std::printf("%s: %s differs at length %zu, alignment %zu\n", isa, what, length, offset);
}

// Room for `Count` elements at any alignment with guards on both sides. An input ends where its memory ends, so that a
// sanitizer sees a read beyond it.
template <typename Element>
class Output {
 public:
  Output(size_t count, size_t offset)
      : offset_bytes_(kGuardBytes + offset * sizeof(Element)),
        bytes_(count * sizeof(Element)),
        memory_(offset_bytes_ + bytes_ + kGuardBytes, kGuard) {}

  Element* data() { return reinterpret_cast<Element*>(memory_.data() + offset_bytes_); }

  bool GuardsStand() const {
    for (size_t i = 0; i < memory_.size(); ++i) {
      if ((i < offset_bytes_ || i >= offset_bytes_ + bytes_) && memory_[i] != kGuard) return false;
    }
    return true;
  }

 private:
  size_t offset_bytes_;
  size_t bytes_;
  std::vector<uint8_t> memory_;
};

template <typename Element>
class Input {
 public:
  Input(const std::vector<Element>& source, size_t count, size_t offset) : memory_(offset + count) {
    std::copy_n(source.begin(), count, memory_.begin() + static_cast<std::ptrdiff_t>(offset));
    start_ = offset;
  }
  const Element* data() const { return memory_.data() + start_; }

 private:
  std::vector<Element> memory_;
  size_t start_;
};

template <typename From, typename To>
void CompareCodec(const Kernels& tested, const char* what, void (*wanted)(const From*, size_t, To*),
                  void (*kernel)(const From*, size_t, To*), const std::vector<From>& source) {
  const auto compare = [&](size_t count, size_t offset) {
    const Input<From> input(source, count, offset);
    Output<To> expected(count, offset);
    Output<To> output(count, offset);
    wanted(input.data(), count, expected.data());
    kernel(input.data(), count, output.data());
    const bool is_equal = count == 0 || std::memcmp(expected.data(), output.data(), count * sizeof(To)) == 0;
    Expect(is_equal && output.GuardsStand(), tested.isa, what, count, offset);
  };
  compare(source.size(), 0);
  for (size_t count = 0; count <= kLengthMax; ++count) {
    for (size_t offset = 0; offset < 64; offset += 1 + count % 3) compare(count, offset);
  }
}

void CompareBase64(const Kernels& scalar, const Kernels& tested, const std::vector<uint8_t>& source) {
  for (size_t count = 0; count <= kLengthMax; ++count) {
    for (size_t offset = 0; offset < 64; offset += 1 + count % 5) {
      const Input<uint8_t> input(source, count, offset);
      const size_t characters = (count + 2) / 3 * 4;
      Output<char> expected(characters, offset);
      Output<char> output(characters, offset);
      scalar.base64_encode(input.data(), count, expected.data());
      const size_t written = tested.base64_encode(input.data(), count, output.data());
      Expect(written == characters && std::memcmp(expected.data(), output.data(), characters) == 0 && output.GuardsStand(),
             tested.isa, "base64_encode", count, offset);

      const Input<char> text(std::vector<char>(expected.data(), expected.data() + characters), characters, offset);
      Output<uint8_t> bytes(count, offset);
      const size_t decoded = tested.base64_decode(text.data(), characters, bytes.data());
      Expect(decoded == count && (count == 0 || std::memcmp(bytes.data(), input.data(), count) == 0) && bytes.GuardsStand(), tested.isa,
             "base64_decode", count, offset);
    }
  }
  // Every byte at every place of texts of several lengths.
  for (const size_t characters : {4U, 64U, 68U, 132U, 216U, 300U}) {
    std::vector<char> text(characters, 'A');
    std::vector<uint8_t> bytes(characters);
    for (size_t at = 0; at < characters; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        text[at] = static_cast<char>(byte);
        Expect(scalar.base64_decode(text.data(), characters, bytes.data()) ==
                   tested.base64_decode(text.data(), characters, bytes.data()),
               tested.isa, "refusal by base64_decode", characters, at);
      }
      text[at] = 'A';
    }
  }
}

void ComparePlainLength(const Kernels& scalar, const Kernels& tested) {
  for (const size_t count : {0U, 1U, 31U, 32U, 33U, 64U, 65U, 300U}) {
    std::vector<char> source(count, ' ');
    for (size_t at = 0; at < count; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        source[at] = static_cast<char>(byte);
        const Input<char> text(source, count, byte % 64);
        Expect(scalar.plain_length(text.data(), count) == tested.plain_length(text.data(), count), tested.isa,
               "plain_length", count, at);
      }
      source[at] = '~';
    }
  }
}

void CompareEnergy(const Kernels& scalar, const Kernels& tested, const std::vector<int16_t>& source) {
  for (size_t count = 0; count <= kLengthMax; ++count) {
    const Input<int16_t> input(source, count, count % 32);
    Expect(scalar.energy(input.data(), count) == tested.energy(input.data(), count), tested.isa, "energy", count, 0);
  }
  const std::vector<int16_t> loudest(1000, INT16_MIN);
  Expect(tested.energy(loudest.data(), 1000) == 1000ULL * 32768 * 32768, tested.isa, "energy", 1000, 0);
}

// Noise at full scale, and for each phase the samples that drive its sum furthest.
void CompareResample(const Kernels& scalar, const Kernels& tested, uint32_t from_hz, uint32_t to_hz,
                     const std::vector<int16_t>& noise) {
  const std::shared_ptr<const ResamplerFilter> filter = FilterFor(from_hz, to_hz);
  const FirBank& bank = filter->bank;
  const auto compare = [&](const std::vector<int16_t>& samples, uint32_t phase, size_t count) {
    const size_t needed =
        count == 0 ? 0 : (phase + (count - 1) * static_cast<size_t>(bank.advance)) / bank.phases + bank.taps;
    const Input<int16_t> window(samples, needed, count % 32);
    Output<int16_t> expected(count, count % 32);
    Output<int16_t> output(count, count % 32);
    scalar.resample(bank, window.data(), phase, count, expected.data());
    tested.resample(bank, window.data(), phase, count, output.data());
    const bool is_equal =
        count == 0 || std::memcmp(expected.data(), output.data(), count * sizeof(int16_t)) == 0;
    Expect(is_equal && output.GuardsStand(), tested.isa, "resample", count, phase);
  };
  for (size_t count = 0; count <= 100; ++count) compare(noise, static_cast<uint32_t>(count) % bank.phases, count);
  for (uint32_t phase = 0; phase < bank.phases; ++phase) {
    std::vector<int16_t> worst(bank.taps);
    for (const bool is_up : {false, true}) {
      for (size_t tap = 0; tap < bank.taps; ++tap) {
        const bool is_positive = bank.high[phase * bank.taps + tap] >= 0;
        worst[tap] = is_positive == is_up ? INT16_MAX : INT16_MIN;
      }
      compare(worst, phase, 1);
      int16_t driven = 0;
      tested.resample(bank, worst.data(), phase, 1, &driven);
      Expect(driven == (is_up ? INT16_MAX : INT16_MIN), tested.isa, "saturation of resample", 1, phase);
    }
  }
}

int Run() {
  std::mt19937 random(1);
  std::vector<uint8_t> codes(65536);
  std::vector<int16_t> samples(65536);
  std::vector<int16_t> noise(8192);
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint8_t>(i);
  for (size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<int16_t>(i * 40503);
  for (int16_t& sample : noise) sample = static_cast<int16_t>(random());

  const Kernels* const* tables = nullptr;
  const size_t count = AvailableKernels(&tables);
  const Kernels& scalar = *tables[0];
  for (size_t i = 0; i < count; ++i) {
    const Kernels& tested = *tables[i];
    CompareCodec(tested, "mulaw_decode", scalar.mulaw_decode, tested.mulaw_decode, codes);
    CompareCodec(tested, "alaw_decode", scalar.alaw_decode, tested.alaw_decode, codes);
    CompareCodec(tested, "mulaw_encode", scalar.mulaw_encode, tested.mulaw_encode, samples);
    CompareCodec(tested, "alaw_encode", scalar.alaw_encode, tested.alaw_encode, samples);
    CompareBase64(scalar, tested, codes);
    ComparePlainLength(scalar, tested);
    CompareEnergy(scalar, tested, noise);
    for (const uint32_t from_hz : kSampleRatesHz) {
      for (const uint32_t to_hz : kSampleRatesHz) {
        if (from_hz != to_hz) CompareResample(scalar, tested, from_hz, to_hz, noise);
      }
    }
    std::printf("%s: compared with scalar\n", tested.isa);
  }
  if (failures > 0) std::printf("%d differences\n", failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace trunkline

int main() { return trunkline::Run(); }
