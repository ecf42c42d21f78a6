"""Every key of the data bucket.

    datasets/<dataset>/…            what users drop
    models/<id>/<revision>/…        base weights, with manifest.json written last
    runs/<dataset>/current.json     the pointer: which run of the dataset counts
    runs/_active/<run>              the marker of a run that is not yet ended and cleaned up
    runs/_bills/<month>/<name>.json what a training job costs, at most or exactly
    runs/_unstarted/<digest>.json   the email about an upload for which no run could be started
    runs/index.html                 the list of all ended runs, made of runs/_index/<run>.json
    runs/_fetches/<digest>.json     which job fetches a base model
    runs/_instances.json            optional: the stack's own catalogue of instance types
    runs/_misplaced/…               notices and emails about files at the top of the bucket
    runs/<dataset>/<run>/…          the run's folder, which holds its documents

The constants and the functions `split_file`, `failure`, `release`, `notice`, `again_notice`,
`reuse`, `email`, `question_email`, `checkpoints`, `served` and those about answers give keys
relative to the folder of a run.
"""

DATASETS = "datasets/"
MODELS = "models/"
RUNS = "runs/"
MARKERS = "runs/_active/"
BILLS = "runs/_bills/"
INSTANCES = "runs/_instances.json"
FETCHES = "runs/_fetches/"
MISPLACED = "runs/_misplaced/"
INDEX_ENTRIES = "runs/_index/"
INDEX_PAGE = "runs/index.html"

RUN = "run.json"
RECIPE = "recipe.json"
DATASET = "dataset/dataset.json"
DATASET_PAGE = "dataset/dataset.html"
DATASET_FOLDER = "dataset"
QUESTION = "dataset/question.json"
TRAINING_CONFIG = "config/training.json"
TRIALS = "config/trials.json"
MODEL_FOLDER = "model"
TENSORBOARD_FOLDER = "tensorboard"
REPORT = "report/report.json"
REPORT_PAGE = "report/report.html"

# Names of files below a base model's prefix or a model artifact's prefix.
MANIFEST = "manifest.json"
TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
CHAT_TEMPLATE = "chat_template.jinja"
MODEL_CONFIG = "config.json"
ADAPTER = "adapter_model.safetensors"
TRAINING_SUMMARY = "training_summary.json"
REFERENCE = "reference_likelihoods.json"


def run_folder(dataset: str, run: str) -> str:
    """Return the folder of a run, without a slash at its end."""
    return f"runs/{dataset}/{run}"


def folder_of(key: str) -> str:
    """Return the folder of the run that the document at `key` belongs to."""
    return "/".join(key.split("/")[:3])


def marker(run: str) -> str:
    """Return the key of the marker that leads from a run's id to its folder."""
    return f"{MARKERS}{run}"


def index_entry(run: str) -> str:
    """Return the key of an ended run's entry in the list of all runs."""
    return f"{INDEX_ENTRIES}{run}.json"


def bills(month: str) -> str:
    """Return the prefix of the bills of a month (`2026-11`), with its slash."""
    return f"{BILLS}{month}/"


def unstarted(upload: str) -> str:
    """Return where the email about an upload without a run is claimed; `upload` is a digest."""
    return f"runs/_unstarted/{upload}.json"


def pointer(dataset: str) -> str:
    """Return the key of current.json, which names the run that counts."""
    return f"runs/{dataset}/current.json"


def model_prefix(model_id: str, revision: str) -> str:
    """Return the prefix of a base model's files, with its slash."""
    return f"{MODELS}{model_id}/{revision}/"


def fetch_record(digest: str) -> str:
    """Return the key of the record of the jobs that fetch one base model."""
    return f"{FETCHES}{digest}.json"


def split_file(split: str) -> str:
    """Return where a split's rows are: train, validation, test or rejected."""
    return f"{DATASET_FOLDER}/{split}.jsonl"


def failure(attempt: int) -> str:
    """Return where a failed attempt leaves its reason."""
    return f"failure/{attempt}.json"


def release(attempt: int) -> str:
    """Return what is written when the jobs and the endpoint of an attempt are to be removed."""
    return f"release/{attempt}.json"


def reuse(attempt: int) -> str:
    """Return the key whose arrival calls `deploy` for the adapter of an earlier run."""
    return f"config/reuse-{attempt}.json"


def email(attempt: int) -> str:
    """Return where the email about an attempt is claimed and recorded."""
    return f"email/{attempt}.json"


def question_email(attempt: int) -> str:
    """Return where the email of an attempt that asks is claimed and recorded."""
    return f"email/{attempt}-question.json"


def notice(attempt: int) -> str:
    """Return the key whose arrival has the email of a run sent that asks or stops on purpose."""
    return f"notice/{attempt}.json"


def again_notice(upload: str) -> str:
    """Return the key whose arrival has the email sent about an upload that joined a run."""
    return f"notice/again-{upload}.json"


def misplaced_notice(upload: str) -> str:
    """Return the key whose arrival has the email sent about a file at the top of the bucket."""
    return f"{MISPLACED}notice/{upload}.json"


def is_drop_notice(key: str) -> bool:
    """Return whether a notice is about an upload that starts no run."""
    return key.startswith(MISPLACED) or (key.startswith(RUNS) and "/notice/again-" in key)


def email_of_notice(notice: str) -> str:
    """Return where the email of a notice about an upload is claimed and recorded."""
    folder, _, name = notice.rpartition("/notice/")
    return f"{folder}/email/{name}"


def checkpoints(attempt: int) -> str:
    """Return the folder of an attempt's checkpoints."""
    return f"checkpoints/{attempt}"


def served(attempt: int) -> str:
    """Return where it is recorded that the endpoint computes what the training job did."""
    return f"report/served-{attempt}.json"


def answers(attempt: int) -> str:
    """Return the folder of the answers that an attempt's evaluation has saved, with its slash."""
    return f"answers/{attempt}/"


def answer_part(attempt: int, number: int) -> str:
    """Return where one part of the answers is saved; `number` counts from 1."""
    return f"{answers(attempt)}{number:05d}.json"


def continuation(attempt: int) -> str:
    """Return the key whose arrival calls `evaluate` again, to go on with the answers."""
    return f"{answers(attempt)}continue.json"
