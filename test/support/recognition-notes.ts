/** What `faulty-call-worker.ts` tells of the utterances that it was given, across the threads of this process. */
import { BroadcastChannel } from 'node:worker_threads';

export const RECOGNITIONS_CHANNEL = 'trunkline-test-recognitions';

export interface RecognitionNote {
  /** First keyword of a choice, or the kind of another question. */
  readonly cue: string;
  readonly what: 'heard' | 'aborted';
  readonly durationMs: number;
}

/** Keeps the notes from now on. */
export function recognitionNotes(): { readonly notes: readonly RecognitionNote[]; close(): void } {
  const notes: RecognitionNote[] = [];
  const channel = new BroadcastChannel(RECOGNITIONS_CHANNEL);
  channel.onmessage = (event) => notes.push((event as { data: RecognitionNote }).data);
  return { notes, close: () => channel.close() };
}
