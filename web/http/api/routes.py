"""The table of the API's routes.

Behind each: parameters are checked, a part of the service does the work, rows are answered as
stored. Each call is described where it is written: the parameters that it takes are those, and so
are ``/api/openapi.json`` and ``/api/docs``.
"""

from typing import Final

from web.http import sign_in
from web.http.addresses import IdResource
from web.http.api import (
    about,
    attention,
    corrections,
    events,
    export_lists,
    flow,
    history,
    kafka,
    lists,
    metrics,
    orders,
    proof,
    stream,
    uploads,
)
from web.http.api.described.call import refusing_unknown
from web.http.resource import Resource
from web.http.visitor import always
from web.view.reader import ViewReader

_CALLS: Final = [
    Resource("/api/carts", get=lists.list_carts),
    Resource("/api/carts.jsonl", get=export_lists.carts("carts.jsonl", ViewReader.all_carts)),
    Resource("/api/carts.csv", get=export_lists.carts("carts.csv", ViewReader.carts_table)),
    IdResource("/api/carts/{user_id}", get=lists.get_cart),
    Resource("/api/cart", get=lists.get_cart),
    IdResource("/api/carts/{user_id}/orders", get=orders.list_orders),
    Resource("/api/cart/orders", get=orders.list_orders),
    IdResource("/api/carts/{user_id}/orders.csv", get=export_lists.export_orders),
    Resource("/api/cart/orders.csv", get=export_lists.export_orders),
    IdResource("/api/orders/{order_id}", get=orders.find_order),
    Resource("/api/order", get=orders.find_order),
    Resource("/api/attention", get=attention.get_attention),
    Resource("/api/skipped", get=lists.list_skipped),
    # What is more than a preview is refused by the call itself, which has read what is asked.
    Resource("/api/skipped/resubmit", post=corrections.resubmit_many).for_readers(post=always),
    Resource("/api/skipped/aside", post=corrections.post_aside),
    Resource("/api/skipped/{record_id}", get=corrections.get_skipped),
    Resource("/api/skipped/{record_id}/raw", get=corrections.get_raw),
    Resource("/api/skipped/{record_id}/resubmit", post=corrections.resubmit),
    Resource("/api/check", post=corrections.post_check).for_readers(post=always),
    Resource(
        "/api/skipped.jsonl", get=export_lists.skipped("skipped.jsonl", ViewReader.all_skipped)
    ),
    Resource("/api/skipped.csv", get=export_lists.skipped("skipped.csv", ViewReader.skipped_table)),
    Resource("/api/completed", get=lists.list_completed),
    Resource("/api/completed/topic", get=lists.get_completed_topic),
    Resource(
        "/api/completed.jsonl",
        get=export_lists.completed("completed.jsonl", ViewReader.all_completed),
    ),
    Resource(
        "/api/completed.csv",
        get=export_lists.completed("completed.csv", ViewReader.completed_table),
    ),
    Resource("/api/uploads", get=uploads.list_uploads, post=uploads.post_upload).for_readers(
        post=uploads.is_check
    ),
    Resource("/api/uploads/{upload_id}", get=uploads.get_upload, patch=uploads.patch_upload),
    Resource("/api/uploads/{upload_id}/replay", post=uploads.replay_upload),
    Resource("/api/uploads/{upload_id}/step", post=uploads.step_upload),
    Resource(
        "/api/stream",
        get=stream.get_stream,
        post=stream.post_stream,
        delete=stream.delete_stream,
    ),
    Resource("/api/events", post=events.post_events),
    Resource("/api/stats", get=flow.get_stats),
    Resource("/api/recovery", get=flow.get_recovery),
    Resource("/api/dataflow", get=flow.get_dataflow),
    Resource("/api/history", get=history.get_history),
    Resource("/api/prove", get=proof.get_proof, post=proof.post_proof),
    Resource("/api/kafka", get=kafka.get_kafka),
    Resource("/api/kafka/accept-loss", post=kafka.accept_loss),
    Resource("/api/flow/restart", post=flow.restart_flow),
    Resource("/api/reset", post=flow.reset),
    Resource("/api/openapi.json", get=about.get_document),
    Resource("/api/docs", get=about.get_docs),
    Resource("/api/sign-out", post=sign_in.post_sign_out),
    Resource("/livez", get=flow.livez),
    Resource("/readyz", get=flow.readyz),
    Resource("/metrics", get=metrics.get_metrics),
]

ROUTES: Final = [refusing_unknown(each) for each in _CALLS]
