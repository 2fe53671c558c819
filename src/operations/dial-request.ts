/** The body of `POST /api/calls`: read, checked and asked for; what is wrong is said in the API's words. */
import { z } from 'zod';
import { DialError } from '../errors.ts';
import type { DialAnswer } from '../protocol/dial-api.ts';
import { askForCall, type DialDesk } from './dial.ts';

const text = (about: string) => z.string().min(1).max(64).describe(about);

/** Of `POST /api/calls`. */
export const dialRequestSchema = z
  .strictObject({
    to: text('Whom to call: E.164, as +12025550123.'),
    from: text('A number of the account that calls. Default: TWILIO_PHONE_NUMBER.').optional(),
    flow: text('The flow, by its name. Default: the one that answers calls to `from`.').optional(),
    variables: z
      .record(z.string().max(64), z.union([z.string().max(1000), z.number(), z.boolean()]))
      .describe("Values for the flow's variables.")
      .optional(),
    machineDetection: z
      .enum(['off', 'async', 'sync'])
      .describe(
        'Whether a machine that answers is noticed. Default: async where the flow has a `voicemail` node.',
      )
      .optional(),
  })
  .describe('A call to be placed.');

/** `key`: the same wish again, however often, is one call; null: each is its own. Rejects with what the store rejects with. */
export async function answerDialRequest(
  body: unknown,
  key: string | null,
  desk: DialDesk,
): Promise<DialAnswer> {
  const parsed = dialRequestSchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.') || 'body';
    return { kind: 'refused', reason: `${field}: ${issue?.message ?? 'expected a call to be placed'}` };
  }
  try {
    const { dialId } = await askForCall({ ...parsed.data, key }, desk);
    return { kind: 'asked', dialId };
  } catch (thrown) {
    if (thrown instanceof DialError) return { kind: 'refused', reason: thrown.message };
    throw thrown;
  }
}
