/**
 * Looks at the picture on standard input; `Thumbnails` starts it, a process for each. Standard output: a
 * line of JSON, `{width, height}` in pixels as the picture is shown, then the picture again, small and as
 * WebP, with none of its metadata. What is missing of that, there is not.
 */
import { constants, setPriority } from 'node:os';
import { buffer } from 'node:stream/consumers';

/** Exit code where the package is not there, or not for this machine. */
const UNAVAILABLE = 3;
const LONGEST_SIDE = 480;
const MOST_PIXELS = 50_000_000;
/** Of libvips: no SVG, no PDF, nothing that reads other files. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((name) => `VipsForeignLoad${name}`);

async function loadSharp() {
  const { default: sharp } = await import('sharp').catch(() => process.exit(UNAVAILABLE));
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS });
  return sharp;
}

setPriority(constants.priority.PRIORITY_LOW);
const [sharp, bytes] = await Promise.all([loadSharp(), buffer(process.stdin)]);
const { autoOrient } = await sharp(bytes, { limitInputPixels: false }).metadata();
const { width, height } = autoOrient; // turned as the picture says
process.stdout.write(`${JSON.stringify({ width, height })}\n`);
const thumbnail = await sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'error' })
  .autoOrient()
  .resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside', withoutEnlargement: true })
  .webp({ quality: 75 })
  .toBuffer();
process.stdout.write(thumbnail);
