/** When a recording that the flow wants begins: not before its notice was heard, and not without. Call worker; `Call` owns it. */
export class RecordingTurn {
  readonly #turn: (isOn: boolean) => void;
  /** The prompt that must be heard first; null: none is waited for. */
  #afterPlayId: number | null = null;

  constructor(turn: (isOn: boolean) => void) {
    this.#turn = turn;
  }

  /** `afterPlayId`: of the last prompt that is to be heard before; null: there is none. */
  wanted(isOn: boolean, afterPlayId: number | null): void {
    this.#afterPlayId = isOn ? afterPlayId : null;
    if (this.#afterPlayId === null) this.#turn(isOn);
  }

  promptEnded(playId: number, outcome: 'played' | 'interrupted' | 'failed'): void {
    if (playId !== this.#afterPlayId) return;
    this.#afterPlayId = null;
    // A notice that nobody could hear is none.
    if (outcome !== 'failed') this.#turn(true);
  }
}
