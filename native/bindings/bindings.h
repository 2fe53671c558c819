// What each file of this folder adds to the addon's exports.
#ifndef TRUNKLINE_BINDINGS_BINDINGS_H_
#define TRUNKLINE_BINDINGS_BINDINGS_H_

#include <napi.h>

namespace trunkline {

// activeIsa, G.711, base64, liveObjects.
void ExportCodec(Napi::Env env, Napi::Object exports);
void ExportDirectMedia(Napi::Env env, Napi::Object exports);
void ExportLoopPace(Napi::Env env, Napi::Object exports);
void ExportStreamReceiver(Napi::Env env, Napi::Object exports);
void ExportResampler(Napi::Env env, Napi::Object exports);

}  // namespace trunkline

#endif  // TRUNKLINE_BINDINGS_BINDINGS_H_
