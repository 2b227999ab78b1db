#include "rpc/methods/params.h"
#include "rpc/service.h"

namespace rpc {

const MethodTable& method_table() {
  static const MethodTable table = [] {
    std::vector<Method> rows;
    add_account_methods(rows);
    add_backup_methods(rows);
    add_config_methods(rows);
    add_transport_methods(rows);
    add_contact_methods(rows);
    add_card_methods(rows);
    add_chat_methods(rows);
    add_group_methods(rows);
    add_chat_list_methods(rows);
    add_message_methods(rows);
    add_send_methods(rows);
    add_draft_methods(rows);
    add_file_methods(rows);
    add_join_methods(rows);
    add_event_methods(rows);
    add_channel_methods(rows);
    add_command_methods(rows);
    add_protected_methods(rows);
    add_file_access_methods(rows);
    add_device_methods(rows);
    add_license_methods(rows);
    add_change_methods(rows);
    add_call_methods(rows);
    add_location_methods(rows);
    add_sticker_methods(rows);
    add_webxdc_methods(rows);
    add_misc_methods(rows);
    add_found_message_methods(rows);
    add_not_offered_methods(rows);
    return MethodTable(std::move(rows));
  }();
  return table;
}

}  // namespace rpc
