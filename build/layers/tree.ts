import { readdirSync, readFileSync } from 'node:fs';
import { ROOT } from '../lib/paths.ts';
import { checkFile, importsOf, type Violation } from './check-file.ts';
import { PRODUCT, roomOf } from './rules.ts';

/** Repository paths of all product sources. */
export function productFiles(): string[] {
  const files: string[] = [];
  for (const folder of PRODUCT) {
    for (const entry of readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })) {
      const path = `${folder}/${entry.replaceAll('\\', '/')}`;
      if (/\.tsx?$/.test(path) && !path.endsWith('.d.ts')) files.push(path);
    }
  }
  return files.toSorted();
}

export function checkTree(): Violation[] {
  return productFiles().flatMap((file) => checkFile(file, readFileSync(`${ROOT}${file}`, 'utf8')));
}

/** A Mermaid diagram of which room imports which, read from the sources. */
export function diagram(): string {
  const edges = new Map<string, number>();
  const rooms = new Set<string>();
  for (const file of productFiles()) {
    const from = roomOf(file)?.path;
    if (from === undefined) continue;
    rooms.add(from);
    for (const { kind, target } of importsOf(file, readFileSync(`${ROOT}${file}`, 'utf8'))) {
      const to = kind === 'file' ? roomOf(target)?.path : undefined;
      if (to === undefined || to === from) continue;
      rooms.add(to);
      edges.set(`${from} ${to}`, (edges.get(`${from} ${to}`) ?? 0) + 1);
    }
  }
  const id = (room: string): string => room.replaceAll(/[^A-Za-z0-9]/g, '_');
  const lines = ['flowchart TD'];
  for (const folder of PRODUCT) {
    lines.push(`  subgraph ${folder}_side["${folder}/"]`);
    for (const room of [...rooms].filter((r) => r.split('/')[0] === folder).toSorted()) {
      lines.push(`    ${id(room)}["${room}"]`);
    }
    lines.push('  end');
  }
  for (const edge of [...edges.keys()].toSorted()) {
    const [from = '', to = ''] = edge.split(' ');
    lines.push(`  ${id(from)} --> ${id(to)}`);
  }
  return lines.join('\n');
}
