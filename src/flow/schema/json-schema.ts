/** The format as JSON Schema, for editors: what `flows/flow.schema.json` holds and `trunkline flow schema` prints. */
import { z } from 'zod';
import { flowFileSchema } from './flow-file.ts';

/** Draft 7, which the YAML language server reads. Ends with a newline; the same on every run. */
export function flowJsonSchemaText(): string {
  const schema = z.toJSONSchema(flowFileSchema, { target: 'draft-7', io: 'input', reused: 'inline' });
  return `${JSON.stringify({ title: 'Trunkline flow', ...schema }, null, 2)}\n`;
}
