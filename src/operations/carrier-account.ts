/**
 * The account at the carrier, as the operations need it: its numbers, and where they point. `TwilioAccount` is one; tests bring
 * their own.
 */
export interface PhoneNumber {
  readonly sid: string;
  /** E.164. */
  readonly number: string;
  /** As its owner calls it. */
  readonly name: string;
  readonly hasVoice: boolean;
  readonly webhooks: NumberWebhooks;
  /** An application or a trunk that takes the number's calls in the webhooks' place; empty: none. */
  readonly takenBy: string;
}

/** Each empty where nothing is set. */
export interface NumberWebhooks {
  readonly voice: Webhook;
  /** Asked when `voice` fails. */
  readonly fallback: Webhook;
  /** Told how calls went. */
  readonly status: Webhook;
}

export interface Webhook {
  /** Empty: none. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
}

/** A recording that the carrier keeps. */
export interface CarrierRecording {
  readonly sid: string;
  /** As `completed`, `processing`. */
  readonly status: string;
  readonly durationSeconds: number;
  readonly startedAtWallMs: number;
  /** Needs the account's credentials. */
  readonly url: string;
}

export interface CarrierAccount {
  /** What the account is called, and whether it is in order. Rejects with CarrierError, as all of these. */
  about(): Promise<{ readonly name: string; readonly status: string; readonly type: string }>;
  /** All of it, at most 1,000. */
  numbers(): Promise<readonly PhoneNumber[]>;
  /** Null: the account has no such number. */
  find(number: string): Promise<PhoneNumber | null>;
  /** Those that the carrier has of a call, at most 20. */
  recordingsOf(callSid: string): Promise<readonly CarrierRecording[]>;
  /** Points the number here and nowhere else: an application or a trunk that had it has it no more. */
  point(sid: string, webhooks: NumberWebhooks): Promise<PhoneNumber>;
}
