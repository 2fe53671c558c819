/**
 * The few system calls that a WebAssembly command needs to read its arguments and write one file, all in memory. It is
 * not WASI: no input, no clock, no other file, no directory. `node:wasi` is not used because a text of some 70
 * sentences ended the whole process in it with a segmentation fault (Node 22.23.2, flite 0.1.1); this host runs the same text,
 * touches no disk, and takes half the time. Runs on the voice thread.
 *
 * Numbers and layouts: WebAssembly/WASI, `legacy/preview1/docs.md`.
 */
import { ProviderError } from '../../errors.ts';

const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const FILE_TOO_LARGE = 22;
const NOT_SEEKABLE = 70;

const DIRECTORY = 3;
const FILE = 4;
const TYPE_CHARACTER_DEVICE = 2;
const TYPE_DIRECTORY = 3;
const TYPE_REGULAR_FILE = 4;
const EVERY_RIGHT = 0xffff_ffff_ffff_ffffn;
/** The one folder that the command sees; any name in it is the one file. */
const FOLDER = new TextEncoder().encode('/out');

class Exit {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

/**
 * Runs `module` once as a command with `args` (the first is its name) and returns what it wrote to a file in `/out`.
 * Blocks until it ends. Throws ProviderError when it traps, exits with another code than 0, or writes over `outputBytesMax`.
 */
export function runCommand(
  module: WebAssembly.Module,
  args: readonly string[],
  outputBytesMax: number,
): Uint8Array<ArrayBuffer> {
  const host = new Host(args, outputBytesMax);
  let code = 0;
  try {
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: host.calls });
    const { memory, _start: start } = instance.exports as { memory?: unknown; _start?: unknown };
    if (!(memory instanceof WebAssembly.Memory) || typeof start !== 'function') {
      throw failure('Expected a WASI command, received another kind of module');
    }
    host.memory = memory;
    start();
  } catch (thrown) {
    if (!(thrown instanceof Exit)) throw failure(`${args[0]} failed inside`, thrown);
    code = thrown.code;
  }
  if (host.overflowed) throw failure(`Expected at most ${outputBytesMax} bytes of audio, received more`);
  if (code !== 0) throw failure(`Expected exit code 0 of ${args[0]}, received ${code}`);
  return host.output();
}

function failure(message: string, cause?: unknown): ProviderError {
  if (cause instanceof ProviderError) return cause;
  return new ProviderError(
    message,
    { provider: 'builtin', fault: 'unusable' },
    cause === undefined ? {} : { cause },
  );
}

class Host {
  memory: WebAssembly.Memory | null = null;
  overflowed = false;
  readonly calls: Record<string, (...values: never[]) => number>;
  readonly #args: readonly Uint8Array[];
  readonly #bytesMax: number;
  #file = new Uint8Array(1 << 18);
  #lengthBytes = 0;
  #positionBytes = 0;

  constructor(args: readonly string[], bytesMax: number) {
    const encoder = new TextEncoder();
    this.#args = args.map((arg) => encoder.encode(`${arg}\0`));
    this.#bytesMax = bytesMax;
    this.calls = {
      args_sizes_get: (countAt: number, bytesAt: number) => {
        this.#view().setUint32(countAt, this.#args.length, true);
        this.#view().setUint32(
          bytesAt,
          this.#args.reduce((bytes, arg) => bytes + arg.length, 0),
          true,
        );
        return SUCCESS;
      },
      args_get: (pointersAt: number, textAt: number) => {
        let at = textAt;
        for (const [index, arg] of this.#args.entries()) {
          this.#view().setUint32(pointersAt + 4 * index, at, true);
          this.#bytes().set(arg, at);
          at += arg.length;
        }
        return SUCCESS;
      },
      // Speech does not depend on the hour: a clock that stands still makes the same text the same bytes.
      clock_time_get: (_clock: number, _precision: bigint, timeAt: number) => {
        this.#view().setBigUint64(timeAt, 0n, true);
        return SUCCESS;
      },
      fd_close: () => SUCCESS,
      fd_fdstat_get: (fd: number, statAt: number) => {
        const view = this.#view();
        const type =
          fd === DIRECTORY ? TYPE_DIRECTORY : fd === FILE ? TYPE_REGULAR_FILE : TYPE_CHARACTER_DEVICE;
        view.setUint8(statAt, type);
        view.setUint16(statAt + 2, 0, true);
        view.setBigUint64(statAt + 8, EVERY_RIGHT, true);
        view.setBigUint64(statAt + 16, EVERY_RIGHT, true);
        return fd > FILE ? BAD_DESCRIPTOR : SUCCESS;
      },
      fd_fdstat_set_flags: () => SUCCESS,
      fd_prestat_get: (fd: number, statAt: number) => {
        if (fd !== DIRECTORY) return BAD_DESCRIPTOR;
        this.#view().setUint8(statAt, 0);
        this.#view().setUint32(statAt + 4, FOLDER.length, true);
        return SUCCESS;
      },
      fd_prestat_dir_name: (fd: number, nameAt: number) => {
        if (fd !== DIRECTORY) return BAD_DESCRIPTOR;
        this.#bytes().set(FOLDER, nameAt);
        return SUCCESS;
      },
      fd_read: () => BAD_DESCRIPTOR,
      fd_seek: (fd: number, offset: bigint, whence: number, positionAt: number) => {
        if (fd !== FILE) return NOT_SEEKABLE;
        const origin = whence === 0 ? 0 : whence === 1 ? this.#positionBytes : this.#lengthBytes;
        this.#positionBytes = Math.max(0, origin + Number(offset));
        this.#view().setBigUint64(positionAt, BigInt(this.#positionBytes), true);
        return SUCCESS;
      },
      fd_write: (fd: number, vectorsAt: number, vectorCount: number, writtenAt: number) => {
        const view = this.#view();
        let written = 0;
        for (let index = 0; index < vectorCount; index++) {
          const at = view.getUint32(vectorsAt + 8 * index, true);
          const bytes = view.getUint32(vectorsAt + 8 * index + 4, true);
          if (fd === FILE && !this.#write(this.#bytes().subarray(at, at + bytes))) return FILE_TOO_LARGE;
          written += bytes;
        }
        view.setUint32(writtenAt, written, true);
        return SUCCESS;
      },
      path_open: (...values: number[]) => {
        this.#view().setUint32(values.at(-1) ?? 0, FILE, true);
        return SUCCESS;
      },
      proc_exit: (code: number) => {
        throw new Exit(code);
      },
    };
  }

  output(): Uint8Array<ArrayBuffer> {
    return this.#file.subarray(0, this.#lengthBytes);
  }

  /** Made anew each time: growing the memory detaches every earlier view of it. */
  #view(): DataView {
    return new DataView((this.memory as WebAssembly.Memory).buffer);
  }

  #bytes(): Uint8Array {
    return new Uint8Array((this.memory as WebAssembly.Memory).buffer);
  }

  #write(bytes: Uint8Array): boolean {
    const endBytes = this.#positionBytes + bytes.length;
    if (endBytes > this.#bytesMax) {
      this.overflowed = true;
      return false;
    }
    if (endBytes > this.#file.length) {
      const larger = new Uint8Array(Math.max(endBytes, 2 * this.#file.length));
      larger.set(this.#file);
      this.#file = larger;
    }
    this.#file.set(bytes, this.#positionBytes);
    this.#positionBytes = endBytes;
    this.#lengthBytes = Math.max(this.#lengthBytes, endBytes);
    return true;
  }
}
