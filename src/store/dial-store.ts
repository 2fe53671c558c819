/** Outbound calls as the I/O thread has them. `StoreClient` is one; it asks the store thread. */
import type { Dial, DialNews, NewDial } from '../channel/dial-messages.ts';
import type { CommitResult } from './call-store.ts';

export interface DialStore {
  /** A server that shares the store places it, this one or another. */
  putDial(dial: NewDial): Promise<CommitResult>;
  /** What the carrier says of it, whenever and however often. */
  putDialNews(news: DialNews): Promise<CommitResult>;
  /** Rejects with StoreError, or DeadlineError after 2 s; so do the next two. */
  loadDial(dialId: string): Promise<Dial | null>;
  /** The outbound call that the carrier's came of. */
  dialOfCall(callSid: string): Promise<Dial | null>;
  isDoNotCall(number: string): Promise<boolean>;
  /** A machine has taken the call, which may be on another node. */
  tellMachine(callSid: string): Promise<CommitResult>;
  putTransferStatus(callSid: string, status: string): Promise<CommitResult>;
}
