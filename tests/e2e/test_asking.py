"""Drops that an email answers before any training: a question, and a misplaced file."""

from email.message import EmailMessage

from tests.e2e.recipes import FAST
from tests.support.builders.doubtful_files import passengers
from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import MODEL_ID, Cloud, wait_for


def recipe_of(mail: EmailMessage) -> str:
    """Return the recipe of the first reading that the email offers."""
    text = mail.get_content()
    begin = text.index("recipe.yaml for reading 1:") + len("recipe.yaml for reading 1:")
    return str(text[begin : text.index("READING 2")]).strip()


def test_a_recipe_of_the_email_answers_a_run_that_asks(cloud: Cloud) -> None:
    # Given a doubtful file, about which one email asks
    key = "datasets/passengers/passengers.csv"
    cloud.s3.put_object(Bucket=cloud.bucket, Key=key, Body=passengers().encode())
    (mail,) = wait_for(lambda: cloud.emails("passengers"), cloud.logs)
    asked = cloud.current_run("passengers")
    assert asked
    assert (asked["status"], asked["job"]) == ("asking", None)

    # When its first recipe is dropped
    answer = f"base_model: {MODEL_ID}\n{recipe_of(mail)}\n{FAST}"
    recipe = "datasets/passengers/recipe.yaml"
    cloud.s3.put_object(Bucket=cloud.bucket, Key=recipe, Body=answer.encode())
    wait_for(lambda: (cloud.current_run("passengers") or asked)["run"] != asked["run"], cloud.logs)
    run = cloud.ended("passengers")

    # Then the new run ends with its own email, and the one that asked is superseded
    before = cloud.document(f"runs/passengers/{asked['run']}/run.json")
    assert run["status"] == "succeeded", run.get("error")
    assert run["learns"].startswith("Learns: Sex from Name")
    assert run["certainty"] == "certain"
    assert before
    assert before["status"] == "superseded"
    assert len(wait_for(lambda: cloud.emails("passengers")[1:], cloud.logs)) == 1


def test_a_file_at_the_top_of_the_bucket_has_one_email(cloud: Cloud) -> None:
    # When
    cloud.s3.put_object(Bucket=cloud.bucket, Key="misplaced.csv", Body=labelled_rows(40))
    mails = wait_for(lambda: cloud.emails("misplaced.csv"), cloud.logs)

    # Then
    moved = f"s3://{cloud.bucket}/datasets/misplaced/misplaced.csv"
    assert len(mails) == 1
    assert moved in mails[0].get_content()
    assert cloud.keys("runs/misplaced/") == []
