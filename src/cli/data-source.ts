import { DataSource } from 'typeorm';
import { Settings } from '../config/settings.js';
import { dataSourceOptions } from '../database/data-source-options.js';
import { entities } from '../entities.js';

process.umask(0o077);

/** For the TypeORM CLI (`npm run migration:show`): what the application connects with. */
export default new DataSource(dataSourceOptions(new Settings(process.env), entities));
