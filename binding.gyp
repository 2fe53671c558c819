# The install build of the native addon, and of the program beside it. native/install.mjs runs it with the headers beside the running node.
{
  'targets': [
    {
      'target_name': 'trunkline',
      'sources': [
        'native/addon.cc',
        'native/bindings/codec.cc',
        'native/bindings/direct_media.cc',
        'native/bindings/loop_pace.cc',
        'native/bindings/resampler.cc',
        'native/bindings/stream_receiver.cc',
        'native/dsp/endpointer.cc',
        'native/dsp/frame_classifier.cc',
        'native/dsp/listener.cc',
        'native/dsp/noise_floor.cc',
        'native/dsp/resampler.cc',
        'native/dsp/resampler_design.cc',
        'native/dsp/spectrum.cc',
        'native/dsp/speech_features.cc',
        'native/dsp/tone.cc',
        'native/kernels/avx2.cc',
        'native/kernels/avx512.cc',
        'native/kernels/dispatch.cc',
        'native/kernels/neon.cc',
        'native/kernels/scalar.cc',
        'native/wire/media_message.cc',
      ],
      'include_dirs': ['native', 'node_modules/node-addon-api'],
      'defines': [
        'NAPI_VERSION=9',
        'NAPI_DISABLE_CPP_EXCEPTIONS',
        'NODE_ADDON_API_DISABLE_DEPRECATED',
        # A worker that is being terminated cannot take an exception; without this, trying to throw one there is fatal.
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
      ],
      # Node's own common.gypi asks for an older standard; ours must be the only one.
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
      # -O3: the transform's loops are vectorised only there. No fused multiply-add: float features then have the same bits on every CPU.
      'cflags_cc': ['-std=c++20', '-O3', '-Wall', '-Wextra', '-ffp-contract=off', '-fvisibility=hidden'],
      'xcode_settings': {
        'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
        'GCC_OPTIMIZATION_LEVEL': '3',
        'GCC_ENABLE_CPP_EXCEPTIONS': 'NO',
        'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
        'OTHER_CPLUSPLUSFLAGS': ['-ffp-contract=off'],
        'MACOSX_DEPLOYMENT_TARGET': '11.0',
      },
      'msvs_settings': {
        'VCCLCompilerTool': { 'AdditionalOptions': ['/std:c++20', '/fp:precise'] },
      },
    },
  ],
  'conditions': [
    # The load tool's callers: a program of its own, which wants epoll.
    ['OS=="linux"', {
      'targets': [
        {
          'target_name': 'trunkline-callers',
          'type': 'executable',
          'sources': [
            'native/callers/conversation.cc',
            'native/callers/engine.cc',
            'native/callers/events.cc',
            'native/callers/main.cc',
            'native/callers/orders.cc',
            'native/callers/server_message.cc',
            'native/callers/stream.cc',
            'native/callers/websocket.cc',
          ],
          'include_dirs': ['native'],
          'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
          'cflags_cc': ['-std=c++20', '-O3', '-Wall', '-Wextra'],
        },
      ],
    }],
  ],
}
