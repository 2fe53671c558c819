/**
 * The part of a WebSocket that a transport uses: a subset of uWebSockets.js's `WebSocket`, so that one is passed as it is.
 * `end` and `close` call the server's close route before they return, and from then on every other call throws: a
 * transport touches its socket no more once it has closed it or was told that it is closed.
 */
export interface CarrierSocket {
  /**
   * Copies the message. Returns `SENT.sent`, `SENT.buffered` or `SENT.dropped`. `sent` means handed to the kernel, which
   * may hold minutes of audio: it does not mean that the peer reads.
   */
  send(message: Uint8Array, isBinary: boolean): number;
  /** Bytes that wait in our process for the kernel to take them. */
  getBufferedAmount(): number;
  ping(): void;
  /** Closes with a close message and waits, for a time of the socket's own, for the peer's. */
  end(code: number, reason: string): void;
  /** Closes at once, without a close message. */
  close(): void;
}

/** What `send` answers. */
export const SENT = {
  /** Taken, and waits in our process until the kernel has room. */
  buffered: 0,
  sent: 1,
  /** Not taken: the limit of buffered bytes is reached. */
  dropped: 2,
} as const;
