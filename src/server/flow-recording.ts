/** The recording of one stream, from its start or as its flow begins and ends it. I/O thread; `LiveCall` owns it. */
import type { RecordFile, RecordFiles } from '../recordings/record-files.ts';
import { recordName } from '../recordings/record-name.ts';

export interface RecordingSurroundings {
  readonly recordings?: Pick<RecordFiles, 'open'> | null;
  /** Every call is recorded from its start; absent: it is, where there are recordings. */
  readonly recordsAll?: boolean;
}

export class FlowRecording {
  readonly #callSid: string;
  readonly #attempt: number;
  readonly #around: RecordingSurroundings;
  /** That the flow began; the whole stream's is no part. */
  #count = 0;
  #isOn = false;

  constructor(callSid: string, attempt: number, around: RecordingSurroundings) {
    this.#callSid = callSid;
    this.#attempt = attempt;
    this.#around = around;
  }

  /** For the stream's start; null: nothing is recorded yet. */
  open(): RecordFile | null {
    const { recordsAll = true } = this.#around;
    const file = recordsAll ? this.#openPart(0) : null;
    this.#isOn = file !== null;
    return file;
  }

  /** As the flow wants it: `record` is given the file to record into from now on, or null. */
  turn(isOn: boolean, record: (file: RecordFile | null) => void): void {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    record(isOn ? this.#openPart(++this.#count) : null);
  }

  #openPart(part: number): RecordFile | null {
    return this.#around.recordings?.open(recordName(this.#callSid, this.#attempt, part), 'wav') ?? null;
  }
}
