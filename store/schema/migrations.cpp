#include "store/schema/migrations.h"

#include <array>

#include "store/image/store_image.h"
#include "store/schema/layout.h"
#include "store/schema/v1.sql.h"
#include "store/schema/v10.sql.h"
#include "store/schema/v11.sql.h"
#include "store/schema/v12.sql.h"
#include "store/schema/v13.sql.h"
#include "store/schema/v13_rows.h"
#include "store/schema/v14.sql.h"
#include "store/schema/v15.sql.h"
#include "store/schema/v16.sql.h"
#include "store/schema/v17.sql.h"
#include "store/schema/v18.sql.h"
#include "store/schema/v19.sql.h"
#include "store/schema/v2.sql.h"
#include "store/schema/v20.sql.h"
#include "store/schema/v21.sql.h"
#include "store/schema/v22.sql.h"
#include "store/schema/v23.sql.h"
#include "store/schema/v24.sql.h"
#include "store/schema/v25.sql.h"
#include "store/schema/v26.sql.h"
#include "store/schema/v3.sql.h"
#include "store/schema/v4.sql.h"
#include "store/schema/v5.sql.h"
#include "store/schema/v6.sql.h"
#include "store/schema/v7.sql.h"
#include "store/schema/v8.sql.h"
#include "store/schema/v9.sql.h"
#include "store/schema/whole.sql.h"

namespace store {

std::span<const Migration> migrations() {
  static constexpr auto kSteps = [] {
    std::array steps{
        Migration{1, "accounts, contacts, chats, messages, sessions, outbox", schema::kV1},
        Migration{2, "sessions that are renewed", schema::kV2},
        Migration{3, "steady time, profiles that were sent", schema::kV3},
        Migration{4, "groups and channels", schema::kV4},
        Migration{5, "channels", schema::kV5},
        Migration{6, "protected files", schema::kV6},
        Migration{7, "protected files in groups", schema::kV7},
        Migration{8, "one trusted time", schema::kV8},
        Migration{9, "generations of sessions, receipts that were sent, groups deleted", schema::kV9},
        Migration{10, "a file given to one holder in several chats", schema::kV10},
        Migration{11, "tags of parked envelopes, ages of skipped keys", schema::kV11},
        Migration{12, "MACs of rows", schema::kV12},
        Migration{13, "contacts' keys, accounts' ways in, protocols of routes", schema::kV13,
                  schema::move_rows_of_v13, schema::kV13End},
        Migration{14, "timers of chats, saved messages", schema::kV14},
        Migration{15, "calls", schema::kV15},
        Migration{16, "locations", schema::kV16},
        Migration{17, "webxdc apps", schema::kV17},
        Migration{18, "accounts from a backup or another gateway", schema::kV18},
        Migration{19, "mail accounts", schema::kV19},
        Migration{20, "keys of mail accounts, mails that were taken", schema::kV20},
        Migration{21, "profile pictures", schema::kV21},
        Migration{22, "profile pictures by mail, mails left on servers", schema::kV22},
        Migration{23, "places of mails that stay on their servers", schema::kV23},
        Migration{24, "pinned messages", schema::kV24},
        Migration{25, "names of what was sent and of what is pending", schema::kV25},
        Migration{26, "the index of channels' rows", schema::kV26},
    };
    if (steps.back().number == schema::kWholeUpTo) {
      steps.back().whole = schema::kWhole;
      steps.back().layout = schema::kLayout;
      steps.back().image = &kStoreImage;
    }
    return steps;
  }();
  return kSteps;
}

}  // namespace store
