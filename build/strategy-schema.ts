import { z } from 'zod';
import { strategyDocument } from '../engine/protocol/strategy-document.ts';

/** The schema of strategy documents as JSON Schema, for editors and agents. */
export function strategySchema(): string {
  const schema = z.toJSONSchema(strategyDocument, { io: 'input' });
  const titled = {
    $schema: schema.$schema,
    $id: 'strategy.schema.json',
    title: 'Renata strategy document',
    description: 'Rules in the expression language; docs/strategies.md explains every field.',
    ...schema,
  };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
