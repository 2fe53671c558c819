/** Hearing alone, on a fake receiver and a playback that is what the test says. */
import type { FromCall, ToCall } from '../../src/channel/messages.ts';
import type { Audible } from '../../src/media/barge-in.ts';
import { Hearing } from '../../src/media/hearing.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeReceiver } from './media-fakes.ts';
import { LISTENING } from './media-rigs.ts';

export class HearingRig {
  readonly receiver = new FakeReceiver();
  readonly posts: ToCall[] = [];
  clears = 0;
  audible: Audible = 'nothing';
  readonly clock = new FakeClock();
  readonly hearing = new Hearing({
    clock: this.clock,
    receiver: this.receiver,
    playback: this.#playback(),
    post: (message) => this.posts.push(message),
  });

  #playback() {
    const rig = this;
    return {
      audible: () => rig.audible,
      get isIdle() {
        return rig.audible === 'nothing';
      },
      clear() {
        rig.clears++;
        rig.plays('nothing');
      },
    };
  }

  plays(audible: Audible): void {
    this.audible = audible;
    this.hearing.playbackChanged();
  }

  listen(listenId = 1): void {
    this.hearing.listen({ kind: 'listen', callId: 7, listenId, ...LISTENING } satisfies FromCall);
  }

  kinds(): string[] {
    return this.posts.map(({ kind }) => kind);
  }
}
