import { expect, it } from 'vitest';
import { signRequest } from '../../../src/simulator/sign-request.ts';

it("signs Twilio's published example as published", () => {
  const parameters = new Map([
    ['To', '+18005551212'],
    ['Digits', '1234'],
    ['CallSid', 'CA1234567890ABCDE'],
    ['From', '+14158675309'],
    ['Caller', '+14158675309'],
  ]);
  expect(signRequest('12345', 'https://mycompany.com/myapp.php?foo=1&bar=2', parameters)).toBe(
    'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
  );
});
