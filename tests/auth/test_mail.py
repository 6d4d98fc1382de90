"""Mail: sent by a real server, to whom it is meant for; files without one; never told, never logged."""

from __future__ import annotations

import email
import os
import stat
from email.policy import default
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from leora_gql.auth.mail import Mail, Mailer
from leora_gql.auth.one_time import make_one_time_token, parse_one_time_token
from leora_gql.db.model import new_id
from leora_gql.settings import Settings
from tests.postbox import open_postbox

MAIL = Mail(to="ada@x.test", subject="Grüße", text="The token is hunter2.\n")


def settings(folder: Path, **given: object) -> Settings:
    return Settings(_env_file=None, data_dir=folder, **given)


async def test_a_mail_is_sent_as_it_is(tmp_path: Path) -> None:
    async with open_postbox() as box:
        given = {"smtp_url": box.url, "mail_from": "Leora <no@x.test>", "public_url": "https://app.x.test/"}
        mailer = Mailer(settings(tmp_path, **given))
        mailer.post(MAIL)
        await mailer.sent()
    letter = box.letters[0]
    assert letter.to == ("ada@x.test",)
    assert [letter.message[name] for name in ("From", "To", "Subject")] == [
        *("Leora <no@x.test>", "ada@x.test", "Grüße")
    ]
    assert letter.text.strip() == "The token is hunter2."
    assert mailer.link("reset-password", "a b") == "https://app.x.test/reset-password#token=a%20b"


async def test_what_is_on_its_way_when_the_process_ends_still_goes(tmp_path: Path) -> None:
    async with open_postbox() as box:
        given = {"smtp_url": box.url, "mail_from": "no@x.test", "public_url": "https://app.x.test"}
        mailer = Mailer(settings(tmp_path, **given))
        mailer.post(MAIL)
        await mailer.close()
    assert len(box.letters) == 1


async def test_a_failure_is_logged_without_the_mail(tmp_path: Path) -> None:
    async with open_postbox() as box:
        box.refuses = True
        given = {"smtp_url": box.url, "mail_from": "no@x.test", "public_url": "https://app.x.test"}
        mailer = Mailer(settings(tmp_path, **given))
        with capture_logs() as logs:
            mailer.post(MAIL)
            await mailer.sent()
    assert [(line["event"], line["log_level"], line["reason"]) for line in logs] == [
        ("mail not sent", "error", "SMTPDataError")
    ]
    assert "hunter2" not in str(logs)


async def test_a_password_is_never_sent_unencrypted(tmp_path: Path) -> None:
    async with open_postbox() as box:
        url = box.url.replace("//", "//ada:secret@")
        mailer = Mailer(
            settings(tmp_path, smtp_url=url, mail_from="no@x.test", public_url="https://app.x.test")
        )
        with capture_logs() as logs:
            mailer.post(MAIL)
            await mailer.sent()
    assert (box.letters, logs[0]["event"]) == ([], "mail not sent")


async def test_without_a_server_a_developer_finds_mails_in_files(tmp_path: Path) -> None:
    mailer = Mailer(settings(tmp_path, port=4321))
    with capture_logs() as logs:
        mailer.post(MAIL)
        await mailer.sent()
    (file,) = (tmp_path / "mail").iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=default)
    assert (message["To"], message["Subject"]) == ("ada@x.test", "Grüße")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "hunter2" not in str(logs)
    assert mailer.link("x", "t") == "http://localhost:4321/x#token=t"


async def test_without_a_server_production_sends_and_writes_nothing(tmp_path: Path) -> None:
    mailer = Mailer(settings(tmp_path, environment="production"))
    with capture_logs() as logs:
        mailer.post(MAIL)
        await mailer.sent()
    assert not os.listdir(tmp_path)  # noqa: PTH208  of a folder that is there
    assert logs == [
        {"event": "mail not sent", "log_level": "error", "subject": "Grüße", "reason": "SMTP_URL is not set"}
    ]


def test_only_the_hash_of_a_token_is_needed_to_know_it_again() -> None:
    made = make_one_time_token(new_id())
    assert parse_one_time_token(made.text) == made
    assert len(made.token_hash) == 32
    assert made.text not in repr(made)
    assert make_one_time_token(made.tenant_id).token_hash != made.token_hash


@pytest.mark.parametrize(
    "text", ["", "lgo_", "lgi_" + "0" * 32 + "_" + "a" * 43, "lgo_" + "0" * 32 + "_" + "a" * 44]
)
def test_other_texts_are_no_tokens(text: str) -> None:
    assert parse_one_time_token(text) is None


async def test_a_mail_that_was_asked_for_waits_for_none_that_was_not(tmp_path: Path) -> None:
    """One buyer who invites a thousand people keeps nobody from a new password."""
    async with open_postbox() as box:
        box.slow_to = "ada@x.test"
        given = {"smtp_url": box.url, "mail_from": "no@x.test", "public_url": "https://app.x.test"}
        mailer = Mailer(settings(tmp_path, **given))
        with capture_logs() as logs:
            for _ in range(1_001):
                mailer.post(MAIL)
        assert [line["reason"] for line in logs] == ["too many are waiting"]
        mailer.post(Mail(to="bo@x.test", subject="Asked for", text="Here.\n", asked_for=True))
        assert (await box.next()).to == ("bo@x.test",)
        box.go_on.set()
        await mailer.sent()
    assert len(box.letters) == 1_001
