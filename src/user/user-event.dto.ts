import { ProfileDto } from './user.dto.js';

/** Somebody who shares a small room with you, or you yourself, goes by another name or profile. */
export class UserUpdatedDto {
  type: 'user.updated';

  user: ProfileDto;
}
