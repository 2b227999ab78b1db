// Which columns the MACs of rows cover once all steps have run: see Migration::layout and
// layout_text.h. Written and compared as whole.sql.h is.
#pragma once

namespace store::schema {

inline constexpr const char* kLayout = R"layout(
account uuid rowid id uuid created_at io_on position sealed*
account_way_in account_id account_id,id account_id id kind sealed*
blob account_id rowid account_id id name size uses created_at sealed*
call account_id account_id,msg_id account_id msg_id state video ring_until accepted_at ended_at sealed*
channel - rowid id name_hash floor events bytes used_at initial_at initial_sealed*
chat account_id rowid account_id id type contact_id blocked visibility muted_until encrypted created_at last_at send_seq draft_id timer=690000000000000000 timer_number=690000000000000000
chat_group account_id rowid account_id chat_id uuid promoted self_present image_blob_id sealed*
chat_member account_id account_id,chat_id,contact_id account_id chat_id contact_id present sent_state sent_at sent_image
config account_id account_id,key_hash account_id key_hash sealed*
contact account_id rowid account_id id addr_hash route_id state blocked verified bot last_seen sealed* last_seq last_shift last_session last_uuid sent_profile avatar_blob_id avatar_number sent_avatar sent_avatar_at
contact_key account_id account_id,contact_id,kind account_id contact_id kind fingerprint_hash sealed*
counter - account_id,name account_id name value
deposit_token account_id key_id key_id account_id purpose owner_id created_at sealed* contact_id used
device_manifest account_id account_id,contact_id account_id contact_id sent_hash sealed*
device_request account_id account_id,msg_id account_id msg_id chat_id contact_id state mark
file_access account_id rowid account_id file_id contact_id group_id via_id chat_id msg_id state flags rev asked expires_at changed_at
gone_group account_id account_id,uuid account_id uuid number
group_held account_id rowid account_id id uuid contact_id at sealed*
invite account_id rowid account_id id chat_id number_hash withdrawn created_at sealed*
location account_id account_id,id account_id id chat_id contact_id at uuid sealed*
location_stream account_id account_id,chat_id account_id chat_id until sent_id sent_at next_at
mail_half account_id account_id,contact_id,uuid account_id contact_id uuid has_file transport uid_validity uid at
mail_key account_id account_id account_id sealed*
mail_left account_id account_id,uuid,transport,uid account_id uuid transport uid_validity uid size wanted at
mail_login account_id account_id,id account_id id is_primary added_at uid_validity next_uid sealed*
mail_message_id account_id account_id,uuid account_id uuid sealed*
mail_notice account_id account_id,uuid,contact_id account_id uuid contact_id sealed*
mail_place account_id account_id,transport,uid_validity,uid account_id transport uid_validity uid at
mail_taken account_id account_id,id_hash account_id id_hash at
message account_id rowid account_id id chat_id from_id uuid state type system flags position seq sent_at sort_at received_at blob_id timer=690000000000000000 expires_at=690000000000000000 original_id=690000000000000000
message_change account_id account_id,author_id,uuid,contact_id,kind account_id author_id uuid contact_id kind number waits sealed*
outbox account_id rowid id account_id route_id contact_id kind state msg_id join_id uuid blob_id transfer next_part created_at deposited_at payload_sealed* session_id
parked_envelope account_id rowid seq account_id id at tag source
pending_join account_id rowid account_id id role tag digest contact_id invite_id session_id route_id state created_at sealed*
pending_receipt account_id account_id,contact_id,kind,uuid account_id contact_id kind uuid at sent_at
pending_session account_id account_id,contact_id account_id contact_id due
pending_state account_id account_id,chat_id,contact_id account_id chat_id contact_id image
protected_file account_id rowid account_id id uuid source_id chat_id grant_msg_id created_at sealed*
receipt account_id account_id,msg_id,contact_id account_id msg_id contact_id read_at
route account_id rowid account_id id sealed* kind
seen_envelope account_id account_id,id account_id id at contact_id uuid
selection account_id rowid one account_id
session account_id rowid account_id id contact_id tag handshake_hash state created_at sealed* join_id generation
skipped_key account_id rowid id account_id session_id epoch n sealed* at
steady_time - rowid one steady wall doubtful_off suspect trusted
tombstone account_id account_id,from_id,uuid account_id from_id uuid at
transfer account_id account_id,id account_id id session_id size name created_at
webxdc_app account_id account_id,author_id,uuid account_id author_id uuid last_serial document_at summary_at sealed*
webxdc_update account_id account_id,author_id,uuid,serial account_id author_id uuid serial contact_id sent_at waits sealed*
)layout";

}  // namespace store::schema
