/** `trunkline flow schema`: the JSON Schema of flow files, as `flows/flow.schema.json` holds it. */
import type { Command } from 'commander';
import { flowJsonSchemaText } from '../flow/schema/json-schema.ts';

export function registerFlowSchema(flow: Command): void {
  flow
    .command('schema')
    .description('Print the JSON Schema of flow files, for editors.')
    .action(() => {
      process.stdout.write(flowJsonSchemaText());
    });
}
