// Signal processing without Node: what must be the same on every CPU, and what only C++ can see.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>
#include <thread>
#include <vector>

#include "check.h"
#include "dsp/fast_log.h"
#include "dsp/frame_classifier.h"
#include "dsp/listener.h"
#include "dsp/resampler.h"
#include "dsp/sample_rates.h"
#include "dsp/spectrum.h"
#include "kernels/kernels.h"

namespace trunkline {
namespace {

// Integer arithmetic only, so the same samples everywhere: noise, and every other second a buzz of 125 Hz in bursts.
std::vector<int16_t> Sound(size_t samples, uint32_t seed) {
  check::Random random(seed);
  std::vector<int16_t> sound(samples);
  for (size_t i = 0; i < samples; ++i) {
    int value = random.Sample() / 256;
    const bool is_burst = i / 8000 % 2 == 1 && i / 1600 % 2 == 0;
    if (is_burst) value += (static_cast<int>(i % 64) - 32) * 120 + (i % 64 < 6 ? 6000 : 0);
    sound[i] = static_cast<int16_t>(value);
  }
  return sound;
}

void Mix(uint64_t* hash, uint64_t value) { *hash = (*hash ^ value) * 1099511628211U; }

TEST("the logarithm is right to 4e-6 and exact at powers of two") {
  for (int exponent = -60; exponent <= 60; ++exponent) {
    CHECK(Log2(std::ldexp(1.0f, exponent)) == static_cast<float>(exponent));
  }
  double worst = 0;
  for (float x = 1.0f; x < 4.0f; x += 0.0003f) {
    worst = std::max(worst, std::abs(static_cast<double>(Log2(x)) - std::log2(static_cast<double>(x))));
  }
  CHECK(worst < 4e-6);
}

TEST("the spectrum is that of the definition, at 8 and 16 kHz") {
  for (const uint32_t rate : {8000U, 16000U}) {
    const size_t length = rate == 8000 ? 256 : 512;
    const size_t frame = rate / 50;
    const std::vector<int16_t> sound = Sound(8 * frame, 3);
    Spectrum spectrum(rate);
    float power[kBins];
    for (size_t at = 0; at < sound.size(); at += frame) spectrum.Push(sound.data() + at, false, power);
    const int16_t* newest = sound.data() + sound.size() - length;
    double worst = 0;
    double largest = 0;
    for (size_t k = 1; k < kBins; ++k) {
      double re = 0;
      double im = 0;
      for (size_t n = 0; n < length; ++n) {
        const double turn = 2 * std::numbers::pi * static_cast<double>(n) / static_cast<double>(length);
        const double value = newest[n] * (0.5 - 0.5 * std::cos(turn));
        re += value * std::cos(turn * static_cast<double>(k));
        im -= value * std::sin(turn * static_cast<double>(k));
      }
      const double expected = (re * re + im * im) * 2 / (static_cast<double>(length * length) * 0.375);
      worst = std::max(worst, std::abs(expected - static_cast<double>(power[k])));
      largest = std::max(largest, expected);
    }
    CHECK(worst < 1e-5 * largest);
  }
}

TEST("the spectrum of a line that falls silent, and speaks again, has the same bits where silence is told") {
  for (const uint32_t rate : {8000U, 16000U}) {
    const size_t frame = rate / 50;
    const std::vector<int16_t> sound = Sound(frame, 5);
    const std::vector<int16_t> silence(frame);
    Spectrum told(rate);
    Spectrum untold(rate);
    for (const bool is_silent : {true, true, false, true, true, true, false, false, true}) {
      const int16_t* samples = is_silent ? silence.data() : sound.data();
      float expected[kBins];
      float power[kBins];
      untold.Push(samples, false, expected);
      told.Push(samples, is_silent, power);
      CHECK(std::memcmp(power, expected, sizeof power) == 0);
    }
  }
}

TEST("the classifier gives the same bits on every CPU") {
  for (const uint32_t rate : {8000U, 16000U}) {
    FrameClassifier classifier(rate);
    const std::vector<int16_t> sound = Sound(200 * (rate / 50), 4);
    uint64_t hash = 14695981039346656037U;
    int speech = 0;
    for (size_t at = 0; at < sound.size(); at += rate / 50) {
      const FrameVerdict verdict = classifier.Push(sound.data() + at);
      speech += verdict.is_speech;
      Mix(&hash, verdict.is_speech | verdict.is_voiced << 1 | verdict.is_tone << 2 | verdict.is_clipped << 3);
      Mix(&hash, std::bit_cast<uint32_t>(verdict.level_dbfs));
      Mix(&hash, std::bit_cast<uint32_t>(classifier.noise_floor_dbfs()));
    }
    // Found on x86-64. A change of the classifier or its weights changes it, a change of the CPU must not.
    const uint64_t expected = rate == 8000 ? 0x59d2f74dca958820U : 0x2e5044855c588423U;
    if (hash != expected) std::printf("  at %u Hz: 0x%llxU, %d frames of speech\n", rate, static_cast<unsigned long long>(hash), speech);
    CHECK(hash == expected);
    CHECK(speech > 20 && speech < 180);
  }
}

TEST("a resampler's output does not depend on how its input is cut, for every pair of rates") {
  check::Random random(6);
  std::vector<int16_t> input(3000);
  for (int16_t& sample : input) sample = random.Next() % 2 == 0 ? int16_t{32767} : int16_t{-32768};
  for (const uint32_t from : kSampleRatesHz) {
    for (const uint32_t to : kSampleRatesHz) {
      Resampler whole(from, to);
      std::vector<int16_t> expected(whole.MaxOutputSamples(input.size()));
      expected.resize(whole.Process(input.data(), input.size(), expected.data()));
      Resampler pieces(from, to);
      std::vector<int16_t> output;
      for (size_t at = 0; at < input.size();) {
        const size_t count = std::min<size_t>(1 + random.Next() % 200, input.size() - at);
        // Of exactly the size that is asked for: a sanitizer sees one sample more.
        std::vector<int16_t> part(pieces.MaxOutputSamples(count));
        const size_t written = pieces.Process(input.data() + at, count, part.data());
        CHECK(written <= part.size());
        output.insert(output.end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(written));
        at += count;
      }
      CHECK(output == expected);
    }
  }
}

TEST("a listener takes any sound in any pieces without harm") {
  check::Random random(7);
  for (const uint32_t rate : {8000U, 16000U}) {
    Listener listener(rate);
    listener.Listen({.end_of_speech_ms = 500, .max_utterance_ms = 2000, .provisional_ms = 200, .chunk_ms = 100});
    listener.ArmNoInput(700);
    for (int turn = 0; turn < 3000; ++turn) {
      std::vector<int16_t> piece(random.Next() % 400);
      const uint32_t loudness = random.Next() % 16;
      for (int16_t& sample : piece) sample = static_cast<int16_t>(random.Sample() >> loudness);
      const uint32_t events = listener.Push(piece.data(), piece.size(), turn % 3 == 0 ? -20.0f : -100.0f);
      if ((events & kSpeechEnded) != 0) {
        CHECK(listener.finished().count() > 0);
        listener.Take();
      }
      if (turn % 250 == 0) listener.DiscardSpeech();
      if (turn % 400 == 0) listener.StopListening();
      if (turn % 400 == 50) listener.Listen({.end_of_speech_ms = 300, .max_utterance_ms = 1000});
    }
  }
}

// What whoever hears the events believes of a pause; each event must fit it.
struct PauseBelief {
  bool is_paused = false;
  int pauses = 0;

  void Take(uint32_t events) {
    const bool is_over = (events & (kSpeechEnded | kSpeechDiscarded)) != 0;
    CHECK((events & kSpeechResumed) == 0 || (is_paused && !is_over));
    if (is_over || (events & kSpeechResumed) != 0) is_paused = false;
    CHECK((events & kSpeechPaused) == 0 || !is_paused);
    if ((events & kSpeechPaused) != 0) is_paused = true;
    pauses += (events & kSpeechPaused) != 0;
  }
};

TEST("a pause is followed by one of resumed, ended, discarded, for any verdicts and however frames are put together") {
  check::Random random(8);
  for (const uint32_t frames_in_call : {1U, 2U, 12U, 60U}) {
    Endpointer endpointer;
    endpointer.Listen(25, 200, 8);
    PauseBelief single;
    PauseBelief merged;
    uint32_t in_call = 0;
    uint32_t voice = 0;
    for (uint32_t frame = 0; frame < 60000; ++frame) {
      if (frame % 20 == 0) voice = random.Next() % 4;
      FrameVerdict verdict;
      verdict.is_voiced = random.Next() % 4 < voice;
      verdict.is_tone = random.Next() % 16 == 0;
      verdict.level_dbfs = -20.0f;
      const uint32_t events = endpointer.Push(verdict, -100.0f);
      single.Take(events);
      in_call = MergeEvents(in_call, events);
      if (frame % frames_in_call != frames_in_call - 1) continue;
      merged.Take(in_call);
      CHECK(merged.is_paused == single.is_paused);
      in_call = 0;
      if (random.Next() % 256 != 0) continue;
      // The call that listens may end every pause; the endpointer then knows of none either.
      if (random.Next() % 2 == 0) endpointer.Listen(25, 200, 8);
      else endpointer.DiscardSpeech();
      single.is_paused = merged.is_paused = false;
    }
    CHECK(single.pauses > 500);
    CHECK(merged.pauses <= single.pauses);
  }
}

TEST("growth is told once a chunk, pre-roll and all, and what is told is there") {
  check::Random random(10);
  for (const uint32_t rate : {8000U, 16000U}) {
    Listener listener(rate);
    // 50 ms are three frames.
    listener.Listen({.end_of_speech_ms = 300, .max_utterance_ms = 1500, .provisional_ms = 0, .chunk_ms = 50});
    const size_t chunk = 3 * rate / 50;
    const std::vector<int16_t> sound = Sound(40 * rate, 11);
    size_t told = 0;
    int grown = 0;
    for (size_t at = 0; at + rate / 50 <= sound.size(); at += rate / 50) {
      const uint32_t events = listener.Push(sound.data() + at, rate / 50, -100.0f);
      if ((events & (kSpeechStarted | kSpeechEnded | kSpeechDiscarded)) != 0) told = 0;
      const size_t count = listener.current().count();
      CHECK(((events & kSpeechGrown) != 0) == (count >= told + chunk));
      if ((events & kSpeechGrown) == 0) continue;
      told = count;
      ++grown;
    }
    CHECK(grown > 50);
  }
}

TEST("room for an utterance is held while there is one, and no longer") {
  for (const uint32_t rate : {8000U, 16000U}) {
    Listener listener(rate);
    listener.Listen({.end_of_speech_ms = 300, .max_utterance_ms = 1500});
    const std::vector<int16_t> sound = Sound(60 * rate, 11);
    int ended = 0;
    int dropped = 0;
    for (size_t at = 0; at + rate / 50 <= sound.size(); at += rate / 50) {
      if ((listener.Push(sound.data() + at, rate / 50, -100.0f) & kSpeechEnded) != 0) {
        CHECK(listener.finished().count() > 0);
        listener.Take();
        ++ended;
        // A new listen begins with nothing, too.
        listener.Listen({.end_of_speech_ms = 300, .max_utterance_ms = 1500});
      }
      if (at > 30 * rate && listener.current().count() > 0) {
        listener.DiscardSpeech();
        ++dropped;
      }
      CHECK((listener.current().capacity() > 0) == (listener.current().count() > 0));
      CHECK(listener.finished().capacity() == 0);
    }
    CHECK(ended > 5);
    CHECK(dropped > 5);
  }
}

TEST("threads share what is made once: kernels, spectrum plans, resampler filters") {
  std::vector<std::thread> threads;
  std::vector<uint64_t> sums(8);
  for (size_t index = 0; index < sums.size(); ++index) {
    threads.emplace_back([&sums, index] {
      const std::vector<int16_t> sound = Sound(16000, 9);
      std::vector<int16_t> output;
      for (const uint32_t to : {8000U, 16000U, 24000U}) {
        Resampler resampler(48000, to);
        output.resize(resampler.MaxOutputSamples(sound.size()));
        resampler.Process(sound.data(), sound.size(), output.data());
        sums[index] += ActiveKernels().energy(output.data(), 1000);
      }
      Listener listener(index % 2 == 0 ? 8000 : 16000);
      listener.Listen({.end_of_speech_ms = 500, .max_utterance_ms = 2000});
      listener.Push(sound.data(), sound.size(), -100.0f);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const uint64_t sum : sums) CHECK(sum == sums[0]);
}

}  // namespace
}  // namespace trunkline
