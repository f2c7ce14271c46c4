// Looks at the picture that is its argument (base64) while no descriptor is left, and again once there are some;
// prints whether a thumbnail was made.
import { closeSync, openSync } from 'node:fs';
import { Thumbnails } from '../../dist/attachment/thumbnails.js';

const ENOUGH = 60;
const picture = Buffer.from(process.argv[2], 'base64');
const thumbnails = new Thumbnails({ attachments: { thumbnails: true } });
async function look() {
  const read = async function* () {
    yield await Promise.resolve(picture);
  };
  const seen = await thumbnails.look('one', picture.length, read);
  return seen?.thumbnail !== undefined;
}

const held = [];
try {
  for (;;) held.push(openSync('/dev/null'));
} catch (error) {
  if (error.code !== 'EMFILE') throw error;
}
const made = [await look()];
for (const descriptor of held.splice(0, ENOUGH)) closeSync(descriptor);
made.push(await look());
console.log(JSON.stringify(made));
