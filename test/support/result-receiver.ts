/** Somebody who takes results, or does not, as the test says; dedupes by the key, as receivers are told to. */
import type { PostOutcome, ResultDelivery } from '../../src/results/result-post.ts';

export class ResultReceiver {
  /** What each delivery comes to; a test may look at it. */
  answers: (delivery: ResultDelivery) => PostOutcome = () => ({ kind: 'delivered' });
  /** Every try, in order. */
  readonly tried: string[] = [];
  /** Every key that was taken, as often as it was. */
  readonly taken: string[] = [];

  readonly post = async (delivery: ResultDelivery): Promise<PostOutcome> => {
    this.tried.push(delivery.callSid);
    const outcome = this.answers(delivery);
    if (outcome.kind === 'delivered') this.taken.push(delivery.callSid);
    return outcome;
  };

  goesAway(): void {
    this.answers = () => ({ kind: 'unreachable', failure: 'ECONNREFUSED' });
  }

  refuses(...callSids: string[]): void {
    this.answers = ({ callSid }) =>
      callSids.length === 0 || callSids.includes(callSid)
        ? { kind: 'refused', failure: 'status 500', retryAfterMs: null }
        : { kind: 'delivered' };
  }

  comesBack(): void {
    this.answers = () => ({ kind: 'delivered' });
  }
}
