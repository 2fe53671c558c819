// Argument checks. Each returns false with a TypeError or RangeError pending that names the argument; a caller then
// returns without having written anything. Raw Node-API: these run on the per-frame calls.
#ifndef TRUNKLINE_BINDINGS_ARGUMENTS_H_
#define TRUNKLINE_BINDINGS_ARGUMENTS_H_

#include <node_api.h>

#include <cmath>
#include <cstdint>
#include <cstdio>

namespace trunkline {
namespace arguments {

// What `value` is, for an error: its type, or a number itself.
inline void Describe(napi_env env, napi_value value, char (&text)[40]) {
  napi_valuetype type = napi_undefined;
  double number = 0;
  bool is_array_buffer = false;
  bool is_typed_array = false;
  if (value != nullptr) napi_typeof(env, value, &type);
  if (type == napi_number && napi_get_value_double(env, value, &number) == napi_ok) {
    std::snprintf(text, sizeof text, "%.10g", number);
    return;
  }
  if (type == napi_object) {
    napi_is_arraybuffer(env, value, &is_array_buffer);
    napi_is_typedarray(env, value, &is_typed_array);
  }
  static constexpr const char* kNames[] = {"undefined", "null",      "a boolean",  "a number",     "a string",
                                           "a symbol",  "an object", "a function", "an external", "a bigint"};
  const char* name = is_array_buffer                 ? "an ArrayBuffer"
                     : is_typed_array                ? "a typed array of another type"
                     : static_cast<size_t>(type) < 10 ? kNames[type]
                                                     : "something else";
  std::snprintf(text, sizeof text, "%s", name);
}

// Kept out of the calls that it is for: its text would be room on their stack in every one of them.
#if defined(_MSC_VER)
#define TRUNKLINE_COLD __declspec(noinline)
#else
#define TRUNKLINE_COLD __attribute__((noinline, cold))
#endif

// "Expected `expected` for `name`, received ...".
TRUNKLINE_COLD inline bool Refuse(napi_env env, const char* expected, const char* name, napi_value received, bool is_range = false) {
  char what[40];
  char message[240];
  Describe(env, received, what);
  std::snprintf(message, sizeof message, "Expected %s for %s, received %s", expected, name, what);
  if (is_range) napi_throw_range_error(env, nullptr, message);
  else napi_throw_type_error(env, nullptr, message);
  return false;
}

TRUNKLINE_COLD inline bool RefuseDetached(napi_env env, const char* expected, const char* name) {
  char message[120];
  std::snprintf(message, sizeof message, "Expected %s for %s, received one whose buffer is detached", expected, name);
  napi_throw_type_error(env, nullptr, message);
  return false;
}

TRUNKLINE_COLD inline bool RefuseLength(napi_env env, size_t needed, size_t received) {
  char message[160];
  std::snprintf(message, sizeof message, "Expected at least %zu elements for output, received %zu", needed, received);
  napi_throw_range_error(env, nullptr, message);
  return false;
}

// The memory of a typed array while one call runs. Never kept.
template <typename Element>
struct Span {
  Element* data = nullptr;
  size_t length = 0;
};

template <typename Element>
bool ToSpan(napi_env env, napi_value value, napi_typedarray_type wanted, const char* expected, const char* name,
            Span<Element>* span) {
  napi_typedarray_type type;
  void* data = nullptr;
  napi_value buffer = nullptr;
  if (value == nullptr ||
      napi_get_typedarray_info(env, value, &type, &span->length, &data, &buffer, nullptr) != napi_ok ||
      type != wanted) {
    return Refuse(env, expected, name, value);
  }
  span->data = static_cast<Element*>(data);
  if (span->length == 0) {
    bool is_detached = false;
    if (napi_is_detached_arraybuffer(env, buffer, &is_detached) == napi_ok && is_detached) {
      return RefuseDetached(env, expected, name);
    }
  }
  return true;
}

inline bool ToBytes(napi_env env, napi_value value, const char* name, Span<uint8_t>* span) {
  return ToSpan(env, value, napi_uint8_array, "a Uint8Array", name, span);
}

inline bool ToSamples(napi_env env, napi_value value, const char* name, Span<int16_t>* span) {
  return ToSpan(env, value, napi_int16_array, "an Int16Array", name, span);
}

// Room for `needed` elements, apart from the input.
template <typename Input, typename Output>
bool HasRoom(napi_env env, const Span<Input>& input, const Span<Output>& output, size_t needed) {
  if (output.length < needed) return RefuseLength(env, needed, output.length);
  const auto in = reinterpret_cast<uintptr_t>(input.data);
  const auto out = reinterpret_cast<uintptr_t>(output.data);
  if (needed > 0 && in < out + needed * sizeof(Output) && out < in + input.length * sizeof(Input)) {
    napi_throw_range_error(env, nullptr, "Expected memory apart from input for output, received memory that overlaps it");
    return false;
  }
  return true;
}

// A level in dBFS: any number but NaN. Clamped to -100..0.
inline bool ToDbfs(napi_env env, napi_value value, const char* name, float* dbfs) {
  double number = 0;
  if (value == nullptr || napi_get_value_double(env, value, &number) != napi_ok || std::isnan(number)) {
    return Refuse(env, "a level in dBFS", name, value);
  }
  *dbfs = static_cast<float>(number < -100.0 ? -100.0 : number > 0.0 ? 0.0 : number);
  return true;
}

// A whole number of [0, most], for the calls that run per frame: its text is put together only where it is refused.
inline bool ToIndex(napi_env env, napi_value value, const char* name, size_t most, size_t* index) {
  double number = 0;
  const bool is_number = value != nullptr && napi_get_value_double(env, value, &number) == napi_ok;
  if (!is_number || !(number >= 0 && number <= static_cast<double>(most)) || number != std::floor(number)) {
    char expected[64];
    std::snprintf(expected, sizeof expected, "a whole number from 0 to %zu", most);
    return Refuse(env, expected, name, value, is_number);
  }
  *index = static_cast<size_t>(number);
  return true;
}

// A whole number of [least, most]; where `zero` says so, also 0, which then stands for none.
enum class Zero { kRefused, kIsNone };

inline bool ToCount(napi_env env, napi_value value, const char* name, uint32_t least, uint32_t most, uint32_t* count,
                    Zero zero = Zero::kRefused) {
  double number = 0;
  char expected[64];
  std::snprintf(expected, sizeof expected, "%sa whole number from %u to %u", zero == Zero::kIsNone ? "0 or " : "", least,
                most);
  if (value == nullptr || napi_get_value_double(env, value, &number) != napi_ok) {
    return Refuse(env, expected, name, value);
  }
  const bool is_none = zero == Zero::kIsNone && number == 0;
  if (!is_none && (!(number >= least && number <= most) || number != std::floor(number))) {
    return Refuse(env, expected, name, value, true);
  }
  *count = static_cast<uint32_t>(number);
  return true;
}

}  // namespace arguments
}  // namespace trunkline

#endif  // TRUNKLINE_BINDINGS_ARGUMENTS_H_
