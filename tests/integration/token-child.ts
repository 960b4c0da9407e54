import { TokenBook } from '../../electron/api/tokens.ts';

/** Makes tokens and revokes every second one, beside other processes that do the same. */
const [folder = '', name = '', count = '0'] = process.argv.slice(2);
const book = new TokenBook(folder);
for (let i = 0; i < Number(count); i += 1) {
  book.create(`${name}.${i}`, 'read', i);
  if (i % 2 === 1) book.revoke(`${name}.${i}`);
}
