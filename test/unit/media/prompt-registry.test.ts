import { describe, expect, it } from 'vitest';
import { PromptRegistry } from '../../../src/media/prompt-registry.ts';
import { promptOf } from '../../support/media-fakes.ts';

/** Bytes that one second of prompt takes: base64 and levels. */
const SECOND_BYTES = 4 * Math.ceil(8000 / 3) + 50;

function registryFor(seconds: number, waitersPerKeyMax = 10): PromptRegistry {
  return new PromptRegistry({ bytesMax: seconds * SECOND_BYTES, waitersPerKeyMax });
}

function waiterThat(told: string[]) {
  return {
    promptReady: (key: string) => told.push(`${key} ready`),
    promptFailed: (key: string) => told.push(`${key} failed`),
  };
}

describe('prompt registry', () => {
  it('hands out the prompt that was made', () => {
    const registry = registryFor(2);
    const prompt = promptOf('a', 1000);
    expect(registry.acquire('a')).toBeUndefined();
    registry.ready(prompt);
    expect(registry.acquire('a')).toBe(prompt);
  });

  it('tells each waiter once, ready or failed', () => {
    const registry = registryFor(2);
    const told: string[] = [];
    registry.wait('a', waiterThat(told));
    registry.wait('a', waiterThat(told));
    registry.wait('b', waiterThat(told));
    registry.ready(promptOf('a', 1000));
    registry.ready(promptOf('a', 1000));
    registry.failed('b');
    registry.failed('b');
    expect(told).toEqual(['a ready', 'a ready', 'b failed']);
    expect(registry.counts().waiters).toBe(0);
  });

  it('lets a later prompt take the place of an earlier one, but not in the ears of who hears that', () => {
    const registry = registryFor(4);
    const standIn = promptOf('a', 1000);
    const better = promptOf('a', 2000);
    registry.ready(standIn);
    expect(registry.acquire('a')).toBe(standIn);
    expect(registry.ready(better)).toBe(true);
    expect(registry.acquire('a')).toBe(better);
    expect(registry.counts()).toMatchObject({ prompts: 1, playing: 2, bytes: 2 * SECOND_BYTES });
    registry.release('a');
    registry.release('a');
    expect(registry.counts().playing).toBe(0);
  });

  it('keeps what it has where the later one is of another format, or malformed', () => {
    const registry = registryFor(4);
    const prompt = promptOf('a', 1000);
    registry.ready(prompt);
    const format = { codec: 'alaw', sampleRateHz: 8000, channels: 1 } as const;
    expect(registry.ready({ ...prompt, format })).toBe(false);
    expect(registry.ready({ ...prompt, audioBytes: 7 })).toBe(false);
    expect(registry.acquire('a')).toBe(prompt);
  });

  it('does not tell a waiter that stopped waiting', () => {
    const registry = registryFor(2);
    const told: string[] = [];
    const waiter = waiterThat(told);
    registry.wait('a', waiter);
    registry.stopWaiting('a', waiter);
    registry.ready(promptOf('a', 1000));
    expect(told).toEqual([]);
  });

  it('bounds the waiters of one key', () => {
    const registry = registryFor(2, 2);
    const accepted = [1, 2, 3].map(() => registry.wait('a', waiterThat([])));
    expect(accepted).toEqual([true, true, false]);
    expect(registry.wait('b', waiterThat([]))).toBe(true);
  });

  it('drops what was used longest ago when there is no room', () => {
    const registry = registryFor(2);
    registry.ready(promptOf('a', 1000));
    registry.ready(promptOf('b', 1000));
    registry.acquire('a');
    registry.release('a');
    registry.ready(promptOf('c', 1000));
    expect([registry.has('a'), registry.has('b'), registry.has('c')]).toEqual([true, false, true]);
    expect(registry.counts().bytes).toBe(2 * SECOND_BYTES);
  });

  it('never drops what is playing or fixed, and refuses instead', () => {
    const registry = registryFor(2);
    const told: string[] = [];
    registry.fix('goodbye');
    registry.ready(promptOf('goodbye', 1000));
    registry.ready(promptOf('playing', 1000));
    registry.acquire('playing');
    registry.wait('c', waiterThat(told));
    expect(registry.ready(promptOf('c', 1000))).toBe(false);
    expect(told).toEqual(['c failed']);
    registry.release('playing');
    expect(registry.ready(promptOf('c', 1000))).toBe(true);
    expect(registry.has('goodbye')).toBe(true);
  });

  it('takes a fixed prompt though there is no room', () => {
    const registry = registryFor(1);
    registry.fix('a');
    registry.fix('b');
    expect([registry.ready(promptOf('a', 1000)), registry.ready(promptOf('b', 1000))]).toEqual([true, true]);
  });

  it('refuses audio whose lengths do not belong together', () => {
    const registry = registryFor(9);
    const told: string[] = [];
    registry.wait('a', waiterThat(told));
    const prompt = promptOf('a', 1000);
    expect(registry.ready({ ...prompt, audioBytes: prompt.audioBytes * 2 })).toBe(false);
    expect(told).toEqual(['a failed']);
    expect(registry.counts()).toMatchObject({ prompts: 0, refused: 1 });
  });
});
