/**
 * The form that Twilio posts with every request for an inbound call.
 * https://www.twilio.com/docs/voice/twiml#request-parameters
 */
export interface CallFacts {
  readonly accountSid: string;
  readonly callSid: string;
  readonly callStatus: 'ringing' | 'in-progress';
  readonly from: string;
  readonly to: string;
  /** Default inbound. */
  readonly direction?: 'inbound' | 'outbound-api';
  /** Beside or instead of the usual ones. */
  readonly extra: Readonly<Record<string, string>>;
}

export function callParameters(call: CallFacts): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>([
    ['AccountSid', call.accountSid],
    ['ApiVersion', '2010-04-01'],
    ['CallSid', call.callSid],
    ['CallStatus', call.callStatus],
    ['CallToken', '%7B%22parentCallInfoToken%22%3A%22simulated%22%7D'],
    ['Direction', call.direction ?? 'inbound'],
    ['StirVerstat', 'TN-Validation-Passed-A'],
  ]);
  for (const [name, number, city, zip] of [
    ['Called', call.to, '', ''],
    ['Caller', call.from, 'SAN FRANCISCO', '94105'],
    ['From', call.from, 'SAN FRANCISCO', '94105'],
    ['To', call.to, '', ''],
  ] as const) {
    parameters.set(name, number);
    parameters.set(`${name}City`, city);
    parameters.set(`${name}Country`, 'US');
    parameters.set(`${name}State`, 'CA');
    parameters.set(`${name}Zip`, zip);
  }
  for (const [name, value] of Object.entries(call.extra)) parameters.set(name, value);
  return parameters;
}
