/**
 * What the caller's speech or digit means for what is playing. Pure; decided on the I/O thread, so that `clear` leaves
 * without a hop. Never a blanket mute: while a prompt may be interrupted the receiver hears, and asks for more level
 * where our own echo may be; only a prompt that must be heard to its end makes it deaf, and then the receiver's pre-roll
 * still holds an answer that came just before the end.
 *
 *   asked to listen   audible         ear      speech        digit
 *   no                any             deaf     -             as below
 *   yes               nothing         hears    report        report
 *   yes               interruptible   hears    interrupt     interrupt
 *   yes               protected       deaf     -             report
 */

/** What the caller may be hearing from us now, or what the carrier may still hold. */
export type Audible = 'nothing' | 'interruptible' | 'protected';

/** Whether the receiver listens for utterances. */
export type Ear = 'hears' | 'deaf';

export function earFor(askedToListen: boolean, audible: Audible): Ear {
  return askedToListen && audible !== 'protected' ? 'hears' : 'deaf';
}

/** `interrupt`: clear what plays, then report. `report`: only tell the call. */
export function onCallerInput(audible: Audible): 'interrupt' | 'report' {
  return audible === 'interruptible' ? 'interrupt' : 'report';
}
