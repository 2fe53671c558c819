import { describe, expect, it } from 'vitest';
import { type Container, containerOf } from '../../../src/audio/container.ts';
import { encodeG711 } from '../../../src/audio/g711.ts';
import { writeWav } from '../../../src/audio/wav.ts';
import { mp3Fixture } from '../../support/elevenlabs-rig.ts';
import { toneSamples } from '../../support/prompt-fixture.ts';

const text = (value: string) => new Uint8Array(Buffer.from(value, 'latin1'));

describe('containerOf', () => {
  it.each<[Container, string, Uint8Array]>([
    ['wav', 'a WAV file', writeWav({ samples: new Int16Array(80), sampleRateHz: 8000 })],
    ['mp3', 'frames of an MP3', mp3Fixture(44_100)],
    ['mp3', 'an ID3 tag', text('ID3\x04\0\0\0\0\x01\x00rest')],
    ['ogg', 'an Ogg file', text('OggS\0\x02\0\0')],
    ['flac', 'a FLAC file', text('fLaC\0\0\0\x22')],
    ['json', "a vendor's error", text('{"detail":{"status":"x"}}')],
    ['json', 'a list, after white space', text(' \n[{"type":"missing"}]')],
    ['markup', 'a page', text('<!DOCTYPE html><html>')],
    ['markup', 'XML behind a byte order mark', text('\xef\xbb\xbf<?xml version="1.0"?>')],
  ])('knows %s: %s', (container, _what, bytes) => {
    expect(containerOf(bytes)).toBe(container);
  });

  it.each<[string, Uint8Array]>([
    ['no bytes', new Uint8Array(0)],
    ['mu-law of silence', new Uint8Array(4000).fill(0xff)],
    ['mu-law of near silence, which looks like the header of a frame', nearSilence()],
    ['A-law', encodeG711('alaw', toneSamples({ rateHz: 8000 }))],
    ['PCM', new Uint8Array(toneSamples().buffer)],
    ['samples that begin like JSON', Uint8Array.of(0x7b, 0x22, 0x80, 0x00, 0x7f, 0x01, 0x80, 0xff)],
    ['samples that begin like a page', Uint8Array.of(0x3c, 0x68, 0x00, 0x10, 0xff, 0x7f, 0x01)],
  ])('takes %s for bare samples', (_what, bytes) => {
    expect(containerOf(bytes)).toBe('raw');
  });
});

/** `ff fb 7b` is a valid header of Layer III, over and over but not a frame apart. */
function nearSilence(): Uint8Array {
  const bytes = new Uint8Array(4000).fill(0xff);
  bytes.set([0xff, 0xfb, 0x78, 0x7c]);
  return bytes;
}
