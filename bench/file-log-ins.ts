import { performance } from 'node:perf_hooks';
import sharp from 'sharp';
import { call } from './call.js';
import { PASSWORD, show, showTimes, type Stage } from './file-stage.js';
import { drop, type Person, upload } from './transfers.js';

const PICTURES = 5;
const LOG_INS = 30;

async function logIns({ url }: Person): Promise<number[]> {
  const times: number[] = [];
  const body = { email: '0@example.org', password: PASSWORD };
  for (let n = 0; n < LOG_INS; n++) {
    const begun = performance.now();
    await call(url, { method: 'POST', path: '/userauth/userLogin', body });
    times.push(performance.now() - begun);
  }
  return times;
}

/** How long a log-in takes while pictures of twelve megapixels come one after the other. */
export async function measureLogIns({ people }: Stage): Promise<void> {
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  const create = { width: 4000, height: 3000, channels: 3, background: 'white', noise } as const;
  const picture = await sharp({ create }).jpeg().toBuffer();
  show('a picture of 12 megapixels', `${(picture.length / 1e6).toFixed(1)} MB`);
  const begun = performance.now();
  for (let n = 0; n < PICTURES; n++) await upload(people[1], picture);
  const took = (performance.now() - begun) / PICTURES;
  show('its upload and its thumbnail', `${took.toFixed(0)} ms`);
  showTimes('log-ins', await logIns(people[0]));
  let isOver = false;
  let made = 0;
  const senders = people.slice(1, 5).map(async (one) => {
    while (!isOver) {
      const id = (await upload(one, picture)) as string;
      made++;
      await drop(one, id);
    }
  });
  showTimes('log-ins beside thumbnails', await logIns(people[0]));
  isOver = true;
  await Promise.all(senders);
  show('thumbnails made meanwhile', String(made));
}
