/** Whether this process takes calls: what the webhooks, the upgrade and `/readyz` ask before they let anything in. I/O thread. */
export interface Readiness {
  /** Something is there to serve a call: a worker, a voice, warm prompts. */
  readonly isWarm: boolean;
  /** `draining`: no new calls. `ending`: no streams at all any more. */
  readonly leaving: 'no' | 'draining' | 'ending';
}
