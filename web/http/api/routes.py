"""The table of the API's routes.

Behind each: parameters are checked, a part of the service does the work, rows are answered as
stored.
"""

from typing import Final

from starlette.routing import Route

from web.http.api import events, flow, lists, uploads

ROUTES: Final = [
    Route("/api/carts", lists.list_carts),
    Route("/api/carts.jsonl", lists.export_carts),
    Route("/api/carts/{user_id:path}", lists.get_cart),
    Route("/api/skipped", lists.list_skipped),
    Route("/api/skipped.jsonl", lists.export_skipped),
    Route("/api/completed", lists.list_completed),
    Route("/api/completed.jsonl", lists.export_completed),
    Route("/api/uploads", uploads.post_upload, methods=["POST"]),
    Route("/api/uploads", uploads.list_uploads),
    Route("/api/uploads/{upload_id}", uploads.get_upload),
    Route("/api/uploads/{upload_id}", uploads.patch_upload, methods=["PATCH"]),
    Route("/api/uploads/{upload_id}/replay", uploads.replay_upload, methods=["POST"]),
    Route("/api/events", events.post_events, methods=["POST"]),
    Route("/api/stats", flow.get_stats),
    Route("/api/recovery", flow.get_recovery),
    Route("/api/flow/restart", flow.restart_flow, methods=["POST"]),
    Route("/api/reset", flow.reset, methods=["POST"]),
    Route("/livez", flow.livez),
    Route("/readyz", flow.readyz),
]
