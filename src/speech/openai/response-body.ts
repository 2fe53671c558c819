/** The body of a response, with a bound: read to its end, its start alone, or as a stream whose reader sets the pace. */
import type { IncomingMessage } from 'node:http';
import { BodyTooLong } from './transport-fault.ts';

const START_MAX_BYTES = 16 * 1024;

/** All of it. Rejects with BodyTooLong past `maxBytes`, or with the connection's error if that breaks first. */
export function readWhole(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    read(incoming, maxBytes, resolve, reject, () => reject(new BodyTooLong(maxBytes)));
  });
}

/** Enough of an error's body to know it. The rest is not read, and its connection not kept. */
export function readStart(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    read(incoming, START_MAX_BYTES, resolve, reject, resolve);
  });
}

function read(
  incoming: IncomingMessage,
  maxBytes: number,
  ended: (body: Buffer) => void,
  broken: (error: Error) => void,
  tooLong: (start: Buffer) => void,
): void {
  const pieces: Buffer[] = [];
  let bytes = 0;
  incoming.on('data', (piece: Buffer) => {
    if (bytes + piece.length <= maxBytes) {
      pieces.push(piece);
      bytes += piece.length;
      return;
    }
    tooLong(Buffer.concat(pieces));
    incoming.destroy();
  });
  incoming.on('end', () => ended(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, bytes)));
  incoming.on('error', broken);
}

/** `onEnd` runs once, when nothing more can come. Cancelling the stream destroys the connection. */
export function bodyStream(
  incoming: IncomingMessage,
  maxBytes: number,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  let bytes = 0;
  // A cancelled or failed stream throws at what still comes in, and that would be nobody's to catch.
  let isOver = false;
  incoming.once('close', onEnd);
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const fail = (error: Error): void => {
          if (!isOver) controller.error(error);
          isOver = true;
        };
        incoming.on('data', (piece: Buffer) => {
          if (isOver) return;
          bytes += piece.length;
          if (bytes > maxBytes) {
            fail(new BodyTooLong(maxBytes));
            incoming.destroy();
            return;
          }
          controller.enqueue(piece);
          if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
        });
        incoming.on('end', () => {
          if (!isOver) controller.close();
          isOver = true;
        });
        incoming.on('error', fail);
      },
      pull() {
        incoming.resume();
      },
      cancel() {
        isOver = true;
        incoming.destroy();
      },
    },
    // Reads of the socket ahead of the reader, up to 64 KiB each.
    { highWaterMark: 4 },
  );
}
