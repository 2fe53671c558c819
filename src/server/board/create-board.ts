/** The board over the parts of one server. I/O thread. */
import type { CallDirectory } from '../call-directory.ts';
import type { CallLimit } from '../call-limit.ts';
import type { Drain } from '../drain.ts';
import type { VendorHealthBoard } from '../vendor-health.ts';
import { Board, type BoardParts, type BoardSettings } from './board.ts';

export interface BoardSurroundings
  extends Pick<BoardParts, 'clock' | 'log' | 'nodeId' | 'store' | 'storeHealth'> {
  /** Absent: there is no board. */
  readonly board?: BoardSettings;
  readonly vendors: Pick<VendorHealthBoard, 'report'>;
}

export interface WatchedServer extends Pick<BoardParts, 'workers'> {
  readonly directory: CallDirectory;
  readonly callLimit: Pick<CallLimit, 'capacity'>;
  readonly drain: Pick<Drain, 'leaving'>;
}

export function createBoard(parts: BoardSurroundings, server: WatchedServer): Board | null {
  const { board: settings, vendors } = parts;
  if (settings === undefined) return null;
  return new Board({
    ...parts,
    ...server,
    settings,
    capacity: () => server.callLimit.capacity(),
    isDraining: () => server.drain.leaving !== 'no',
    vendors: () => vendors.report(),
  });
}
