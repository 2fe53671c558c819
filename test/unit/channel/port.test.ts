import { describe, expect, it } from 'vitest';
import { BatchedPort } from '../../../src/channel/port.ts';
import type { ErrorRecord } from '../../../src/errors.ts';

interface Message {
  readonly name: string;
  readonly audio?: ArrayBuffer;
}

/** Clones as a real port does, and ends its tick when told to. */
function portUnderTest() {
  const batches: Message[][] = [];
  const refused: [Message, ErrorRecord][] = [];
  const tick: (() => void)[] = [];
  const port = new BatchedPort<Message>(
    {
      postMessage(message, transfer) {
        const cloned = structuredClone(message, { transfer: [...(transfer ?? [])] as ArrayBuffer[] });
        batches.push((cloned as { messages: Message[] }).messages);
      },
    },
    {
      atEndOfTick: (callback) => tick.push(callback),
      onRefused: (message, error) => refused.push([message, error]),
    },
  );
  const endTick = () => {
    for (const callback of tick.splice(0)) callback();
  };
  return { port, batches, refused, endTick };
}

describe('BatchedPort', () => {
  it("posts a tick's messages at once, in order", () => {
    const { port, batches, endTick } = portUnderTest();
    port.post({ name: 'a' });
    port.post({ name: 'b' });
    expect(batches).toEqual([]);
    endTick();
    port.post({ name: 'c' });
    endTick();
    expect(batches).toEqual([[{ name: 'a' }, { name: 'b' }], [{ name: 'c' }]]);
  });

  it('gives buffers away and does not copy them', () => {
    const { port, batches, endTick } = portUnderTest();
    const audio = new ArrayBuffer(320);
    port.post({ name: 'utterance', audio }, [audio]);
    endTick();
    expect(audio.byteLength).toBe(0);
    expect(batches[0]?.[0]?.audio?.byteLength).toBe(320);
  });

  it('posts before the tick ends when a batch is full', () => {
    const { port, batches } = portUnderTest();
    for (let index = 0; index < 300; index++) port.post({ name: String(index) });
    expect(batches.map((batch) => batch.length)).toEqual([256]);
  });

  it('posts before the tick ends when a batch holds 4 MiB', () => {
    const { port, batches } = portUnderTest();
    const audio = new ArrayBuffer(4 * 1024 * 1024);
    port.post({ name: 'long', audio }, [audio]);
    expect(batches).toHaveLength(1);
  });

  it('refuses a message of more than 8 MiB', () => {
    const { port } = portUnderTest();
    const audio = new ArrayBuffer(8 * 1024 * 1024 + 1);
    expect(() => port.post({ name: 'endless', audio }, [audio])).toThrow('Expected at most 8388608 bytes');
  });

  it('leaves out the one message that cannot be cloned, and sends the others with their buffers', () => {
    const { port, batches, refused, endTick } = portUnderTest();
    const audio = new ArrayBuffer(8);
    port.post({ name: 'before' });
    port.post({ name: 'bad', close: () => {} } as Message);
    port.post({ name: 'after', audio }, [audio]);
    endTick();
    expect(batches.flat().map(({ name }) => name)).toEqual(['before', 'after']);
    expect(batches.flat()[1]?.audio?.byteLength).toBe(8);
    expect(refused[0]?.[0].name).toBe('bad');
    expect(refused[0]?.[1].name).toBe('DataCloneError');
  });

  it('sends what is queued when it is closed, and nothing after', () => {
    const { port, batches, endTick } = portUnderTest();
    port.post({ name: 'last words' });
    port.close();
    port.close();
    port.post({ name: 'too late' });
    endTick();
    expect(batches).toEqual([[{ name: 'last words' }]]);
  });
});
