// A bucket in memory, as the tests have it, for as long as whoever started it lives: tells how to ask it.
import { S3Server } from '../test/support/s3-server.js';

const s3 = await S3Server.start();
process.send!(s3.environment());
process.once('disconnect', () => process.exit());
