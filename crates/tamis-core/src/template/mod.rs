//! Prompts and conditions: one template language (minijinja) for both, strict about undefined names.
//!
//! Templates see the record's fields, the recipe's data and its parameters. Pictures may be named in a prompt where they
//! shall stand: `Compare {{ before }} with {{ after }}.` becomes text, picture, text, picture, text.
//!
//! Beside minijinja's own filters there are:
//! - `box | unit(image, digits=3)`: coordinates divided by the picture's width and height, as texts
//! - `box | norm(image, 1000)`: whole numbers `floor(v / size * n)`, at most `n - 1`; `{0..n-1}`
//! - `x | text`: as the text a prompt shows

mod filters;
mod slices;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value as Jinja, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use crate::media::{Media, MediaStore};
use crate::model::Part;
use crate::operator::Context;
use crate::record::Record;
use crate::value::{Name, Value};

/// Marks the place of a picture in rendered text; taken out of all texts from outside.
const MARK: char = '\u{E000}';
/// How many instructions a template may take: a bound for loops over hostile data.
const FUEL: u64 = 5_000_000;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_syntax(block_tags_take_no_lines());
    env.add_filter("unit", unit);
    env.add_filter("norm", norm);
    env.add_filter("text", |value: Jinja| value.to_string());
    env
}

/// A line that holds only a `{% tag %}` leaves no empty line in the prompt.
fn block_tags_take_no_lines() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default()
}

/// A template or expression that does not compile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// what was expected and found
    pub message: String,
    /// the line inside the template, counted from 1
    pub line: Option<usize>,
}

impl From<Error> for TemplateError {
    fn from(error: Error) -> TemplateError {
        TemplateError { message: describe(&error), line: error.line() }
    }
}

fn describe(error: &Error) -> String {
    let mut text = error.kind().to_string();
    if let Some(detail) = error.detail() {
        text = format!("{text}: {detail}");
    }
    if let Some(line) = error.line().filter(|_| error.name().is_some_and(|n| n != "<expression>")) {
        text = format!("{text} (line {line})");
    }
    text
}

/// A compiled prompt.
pub struct Template {
    env: Environment<'static>,
    names: BTreeSet<String>,
    constants: Constants,
    optional: Arc<BTreeSet<String>>,
}

/// The recipe's data and parameters: names that templates see beside a record's fields.
pub type Constants = Arc<Vec<(Name, Value)>>;

impl Template {
    /// Compiles; `name` is shown in errors.
    pub fn compile(name: &str, source: &str) -> Result<Template, TemplateError> {
        if let Some(message) = filters::unknown(&ENVIRONMENT, source, false) {
            return Err(TemplateError { message: format!("{name}: {message}"), line: None });
        }
        let mut env = ENVIRONMENT.clone();
        env.add_template_owned("prompt".to_string(), source.to_string())
            .map_err(|e| TemplateError { message: format!("{name}: {}", describe(&e)), line: e.line() })?;
        let mut names: BTreeSet<String> = env.get_template("prompt")?.undeclared_variables(false).into_iter().collect();
        let copy = slices::as_subscripts(source, false);
        if let Some(copy) = copy.as_deref().and_then(|copy| env.template_from_str(copy).ok()) {
            names.extend(copy.undeclared_variables(false));
        }
        Ok(Template { env, names, constants: Constants::default(), optional: Arc::default() })
    }

    /// The same, seeing the recipe's data and parameters. Its names are known to be fields then, so that one which a
    /// record lacks is a missing optional: `none`.
    pub fn seeing(mut self, constants: &Constants) -> Template {
        self.constants = constants.clone();
        self.optional = optional(&self.names);
        self
    }

    /// The names it uses and does not define itself.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// The text; pictures in it are an error.
    pub fn render(&self, vars: &Vars) -> Result<String, String> {
        let text = self.render_marked(vars)?;
        if text.contains(MARK) { Err("a picture cannot stand in this text".to_string()) } else { Ok(text) }
    }

    /// Texts and pictures in their order. Texts of white space alone are left out.
    pub fn render_parts(&self, vars: &Vars) -> Result<Vec<Part>, String> {
        let text = self.render_marked(vars)?;
        let seen = vars.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut parts = Vec::new();
        for (i, piece) in text.split(MARK).enumerate() {
            if i % 2 == 1 {
                let media =
                    piece.parse::<usize>().ok().and_then(|n| seen.get(n)).ok_or("a picture's mark is broken")?;
                parts.push(Part::Image(media.clone()));
            } else if !piece.trim().is_empty() {
                parts.push(Part::Text(piece.trim().into()));
            }
        }
        Ok(parts)
    }

    fn render_marked(&self, vars: &Vars) -> Result<String, String> {
        let template = self.env.get_template("prompt").map_err(|e| describe(&e))?;
        template.render(Jinja::from_object(vars.seeing(&self.constants, &self.optional))).map_err(|e| describe(&e))
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("names", &self.names).finish_non_exhaustive()
    }
}

/// A compiled condition or computed field.
pub struct Expression {
    compiled: minijinja::Expression<'static, 'static>,
    names: BTreeSet<String>,
    source: String,
    constants: Constants,
    optional: Arc<BTreeSet<String>>,
}

/// The names that are `none` when a record lacks them.
fn optional(names: &BTreeSet<String>) -> Arc<BTreeSet<String>> {
    Arc::new(names.iter().filter(|name| !is_builtin(name)).cloned().collect())
}

/// Names that minijinja itself defines.
pub(crate) fn is_builtin(name: &str) -> bool {
    matches!(name, "range" | "dict" | "namespace" | "loop" | "debug" | "true" | "false" | "none")
}

impl Expression {
    /// Compiles.
    pub fn compile(source: &str) -> Result<Expression, TemplateError> {
        let compiled = ENVIRONMENT.compile_expression_owned(source.to_string())?;
        if let Some(message) = filters::unknown(&ENVIRONMENT, source, true) {
            return Err(TemplateError { message, line: None });
        }
        let mut names: BTreeSet<String> = compiled.undeclared_variables(false).into_iter().collect();
        let copy = slices::as_subscripts(source, true);
        if let Some(copy) = copy.as_deref().and_then(|copy| ENVIRONMENT.compile_expression(copy).ok()) {
            names.extend(copy.undeclared_variables(false));
        }
        let source = source.to_string();
        Ok(Expression { compiled, names, source, constants: Constants::default(), optional: Arc::default() })
    }

    /// The same, seeing the recipe's data and parameters. Its names are known to be fields then, so that one which a
    /// record lacks is a missing optional: `none`.
    pub fn seeing(mut self, constants: &Constants) -> Expression {
        self.constants = constants.clone();
        self.optional = optional(&self.names);
        self
    }

    /// The names it uses.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// As written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its value.
    pub fn eval(&self, vars: &Vars) -> Result<Value, String> {
        from_jinja(&self.value(vars)?)
    }

    /// Whether it holds: the value is true in the sense of the template language.
    pub fn holds(&self, vars: &Vars) -> Result<bool, String> {
        let value = self.value(vars)?;
        if value.is_undefined() { Err(format!("`{}` is undefined", self.source)) } else { Ok(value.is_true()) }
    }

    fn value(&self, vars: &Vars) -> Result<Jinja, String> {
        let context = Jinja::from_object(vars.seeing(&self.constants, &self.optional));
        self.compiled.eval(context).map_err(|e| format!("`{}`: {}", self.source, describe(&e)))
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expression").field("source", &self.source).finish_non_exhaustive()
    }
}

/// The names a template sees: shared, cheap to clone.
#[derive(Clone)]
pub struct Vars {
    names: Arc<Vec<(Name, Value)>>,
    constants: Constants,
    optional: Arc<BTreeSet<String>>,
    media: Arc<dyn MediaStore>,
    seen: Arc<Mutex<Vec<Arc<Media>>>>,
}

impl Vars {
    /// A record's fields.
    pub fn of(record: &Record, ctx: &Context<'_>) -> Vars {
        Vars::new(record.fields().to_vec(), ctx.media().clone())
    }

    /// Any names.
    pub fn new(names: Vec<(Name, Value)>, media: Arc<dyn MediaStore>) -> Vars {
        let (constants, optional) = (Constants::default(), Arc::default());
        Vars { names: Arc::new(names), constants, optional, media, seen: Arc::default() }
    }

    /// The same with further names, which hide earlier ones.
    pub fn with(&self, more: impl IntoIterator<Item = (Name, Value)>) -> Vars {
        let mut names: Vec<_> = more.into_iter().collect();
        names.extend(self.names.iter().cloned());
        Vars { names: Arc::new(names), ..self.clone() }
    }

    fn seeing(&self, constants: &Constants, optional: &Arc<BTreeSet<String>>) -> Vars {
        Vars { constants: constants.clone(), optional: optional.clone(), ..self.clone() }
    }

    fn wrap(&self, value: &Value) -> Jinja {
        match value {
            Value::Null => Jinja::from(()),
            Value::Bool(b) => Jinja::from(*b),
            Value::Int(n) => Jinja::from(*n),
            Value::Float(n) => Jinja::from(*n),
            Value::Text(text) if text.contains(MARK) => Jinja::from(text.replace(MARK, "\u{FFFD}")),
            Value::Text(text) => Jinja::from(text.clone()),
            other => Jinja::from_object(Wrapped { value: other.clone(), vars: self.clone() }),
        }
    }
}

impl fmt::Debug for Vars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.names.iter().map(|(n, v)| (n, v))).finish()
    }
}

impl Object for Vars {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        let key = key.as_str()?;
        let found =
            self.names.iter().chain(self.constants.iter()).find(|(n, _)| &**n == key).map(|(_, v)| self.wrap(v));
        found.or_else(|| self.optional.contains(key).then(|| Jinja::from(())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.names.iter().map(|(n, _)| Jinja::from(n.clone())).collect())
    }
}

/// A value that minijinja has no kind for, wrapped lazily.
struct Wrapped {
    value: Value,
    vars: Vars,
}

impl Wrapped {
    fn items(&self) -> Option<Vec<Value>> {
        match &self.value {
            Value::List(items) => Some(items.to_vec()),
            Value::Box(b) => Some(b.0.iter().map(|n| Value::Float(*n)).collect()),
            Value::Point(p) => Some(p.0.iter().map(|n| Value::Float(*n)).collect()),
            Value::Vector(v) => Some(v.iter().map(|n| Value::Float((*n).into())).collect()),
            Value::Polygon(p) => Some(p.0.iter().map(|c| Value::Point(crate::Point(*c))).collect()),
            _ => None,
        }
    }

    /// What a template may ask of a picture without decoding it.
    fn media_member(&self, media: &Media, name: &str) -> Option<Value> {
        let header = || media.header(&*self.vars.media).ok();
        match name {
            "width" => header().map(|h| Value::Int(h.width.into())),
            "height" => header().map(|h| Value::Int(h.height.into())),
            "format" => header().map(|h| Value::text(h.format.extension())),
            "file_name" => media.file_name().map(Value::text),
            _ => None,
        }
    }
}

impl fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl Object for Wrapped {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match &self.value {
            Value::Map(_) => ObjectRepr::Map,
            Value::Media(_) => ObjectRepr::Plain,
            _ => ObjectRepr::Seq,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        if let Value::Media(media) = &self.value {
            return self.media_member(media, key.as_str()?).map(|v| self.vars.wrap(&v));
        }
        if let Value::List(items) = &self.value {
            return items.get(key.as_usize()?).map(|v| self.vars.wrap(v));
        }
        match &self.value {
            Value::Map(fields) => fields.get(key.as_str()?).map(|v| self.vars.wrap(v)),
            _ => self.items()?.get(key.as_usize()?).map(|v| self.vars.wrap(v)),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.value {
            Value::Map(fields) => Enumerator::Values(fields.keys().map(|n| Jinja::from(n.clone())).collect()),
            Value::List(items) => Enumerator::Seq(items.len()),
            _ => self.items().map_or(Enumerator::NonEnumerable, |items| Enumerator::Seq(items.len())),
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        match &self.value {
            Value::Map(fields) => !fields.is_empty(),
            Value::List(items) => !items.is_empty(),
            _ => true,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Media(media) => {
                let mut seen = self.vars.seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.push(media.clone());
                write!(f, "{MARK}{}{MARK}", seen.len() - 1)
            }
            Value::Box(b) => write_numbers(f, &b.0),
            Value::Point(p) => write_numbers(f, &p.0),
            Value::Vector(v) => write!(f, "a vector of {} dimensions", v.len()),
            other => write!(f, "{}", other.to_json()),
        }
    }
}

fn write_numbers(f: &mut fmt::Formatter<'_>, numbers: &[f64]) -> fmt::Result {
    let texts: Vec<String> = numbers.iter().map(|n| n.to_string()).collect();
    write!(f, "[{}]", texts.join(", "))
}

/// A template's value as one of ours.
fn from_jinja(value: &Jinja) -> Result<Value, String> {
    if let Some(wrapped) = value.downcast_object_ref::<Wrapped>() {
        return Ok(wrapped.value.clone());
    }
    Ok(match value.kind() {
        ValueKind::Undefined => return Err("the expression's value is undefined".to_string()),
        ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number => match (value.is_integer(), value.as_i64(), f64::try_from(value.clone())) {
            (true, Some(n), _) => Value::Int(n),
            (_, _, Ok(n)) if n.is_finite() => Value::Float(n),
            _ => return Err(format!("the number {value} is out of range")),
        },
        ValueKind::String => Value::text(value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map_err(|e| describe(&e))?;
            Value::list(items.map(|v| from_jinja(&v)).collect::<Result<_, _>>()?)
        }
        ValueKind::Map => {
            let mut fields = Vec::new();
            for key in value.try_iter().map_err(|e| describe(&e))? {
                let member = value.get_item(&key).map_err(|e| describe(&e))?;
                fields.push((Name::from(key.to_string().as_str()), from_jinja(&member)?));
            }
            Value::map(fields)
        }
        other => return Err(format!("a value of kind {other} cannot be kept in a field")),
    })
}

/// `box | unit(image, digits=3)`
fn unit(coordinates: &Jinja, image: &Jinja, kwargs: minijinja::value::Kwargs) -> Result<Vec<String>, Error> {
    let digits = kwargs.get::<Option<usize>>("digits")?.unwrap_or(3);
    kwargs.assert_all_used()?;
    per_side(coordinates, image, |v, size| format!("{:.digits$}", v / size))
}

/// `box | norm(image, 1000)`
fn norm(coordinates: &Jinja, image: &Jinja, n: i64) -> Result<Vec<i64>, Error> {
    per_side(coordinates, image, |v, size| crate::template::grid(v, size, n))
}

/// A coordinate on a grid of `n` whole numbers: `floor(v / size * n)`, from 0 to `n - 1` (Qwen-VL, section 2).
pub fn grid(v: f64, size: f64, n: i64) -> i64 {
    ((v / size * n as f64).floor() as i64).clamp(0, n - 1)
}

fn per_side<T>(coordinates: &Jinja, image: &Jinja, convert: impl Fn(f64, f64) -> T) -> Result<Vec<T>, Error> {
    let bad = |what: &str| Error::new(ErrorKind::InvalidOperation, what.to_string());
    let side = |name: &str| {
        let value = image.get_attr(name).ok().and_then(|v| f64::try_from(v).ok());
        value.ok_or_else(|| bad("expected a readable picture for its width and height"))
    };
    let sides = [side("width")?, side("height")?];
    let values: Vec<f64> = coordinates
        .try_iter()
        .map_err(|_| bad("expected a box or a point"))?
        .map(|v| f64::try_from(v).map_err(|_| bad("expected a box or a point")))
        .collect::<Result<_, _>>()?;
    Ok(values.iter().enumerate().map(|(i, v)| convert(*v, sides[i % 2])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BBox;
    use crate::media::{MediaKind, MemoryStore};

    fn picture(width: u32, height: u32) -> (Arc<dyn MediaStore>, Value) {
        let store = MemoryStore::default();
        let png = crate::media::encode_png(&image::DynamicImage::new_rgb8(width, height)).unwrap();
        let media = store.put(MediaKind::Image, &png).unwrap();
        (Arc::new(store), Value::Media(media))
    }

    fn vars(names: Vec<(&str, Value)>) -> Vars {
        let (store, image) = picture(200, 100);
        let mut names: Vec<(Name, Value)> = names.into_iter().map(|(n, v)| (n.into(), v)).collect();
        names.push(("image".into(), image));
        Vars::new(names, store)
    }

    fn render(source: &str, names: Vec<(&str, Value)>) -> Result<String, String> {
        Template::compile("test", source).unwrap().render(&vars(names))
    }

    #[test]
    fn pictures_stand_where_the_prompt_names_them() {
        let template = Template::compile("test", "Look: {{ image }} and again {{ image }}!").unwrap();
        let parts = template.render_parts(&vars(vec![])).unwrap();
        let kinds: Vec<_> = parts
            .iter()
            .map(|p| match p {
                Part::Text(t) => t.to_string(),
                Part::Image(_) => "<image>".into(),
            })
            .collect();
        assert_eq!(kinds, ["Look:", "<image>", "and again", "<image>", "!"]);
    }

    #[test]
    fn a_text_from_outside_cannot_forge_a_picture() {
        let hostile = Value::text("\u{E000}0\u{E000}");
        assert_eq!(render("{{ t }}", vec![("t", hostile)]), Ok("\u{FFFD}0\u{FFFD}".into()));
    }

    #[test]
    fn boxes_are_shown_in_pixels_units_and_grids() {
        let names = || vec![("b", Value::Box(BBox([20.0, 10.0, 200.0, 100.0])))];
        assert_eq!(render("{{ b }}", names()), Ok("[20, 10, 200, 100]".into()));
        assert_eq!(render("{{ b | unit(image) | join(', ') }}", names()), Ok("0.100, 0.100, 1.000, 1.000".into()));
        assert_eq!(render("{{ b | norm(image, 1000) }}", names()), Ok("[100, 100, 999, 999]".into()));
    }

    #[test]
    fn an_undefined_name_is_an_error_with_its_line() {
        let error = render("one\n{{ missing }}", vec![]).unwrap_err();
        assert!(error.contains("undefined") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn a_block_tag_alone_on_its_line_leaves_no_line() {
        let list = Value::list(vec![Value::Int(1), Value::Int(2)]);
        assert_eq!(render("{% for x in l %}\n- {{ x }}\n{% endfor %}\n", vec![("l", list)]), Ok("- 1\n- 2\n".into()));
    }

    #[test]
    fn expressions_compute_typed_values() {
        let eval = |source: &str| Expression::compile(source).unwrap().eval(&vars(vec![("n", Value::Int(3))]));
        assert_eq!(eval("n + 1"), Ok(Value::Int(4)));
        assert_eq!(eval("n / 2"), Ok(Value::Float(1.5)));
        assert_eq!(eval("image.width * image.height"), Ok(Value::Int(20_000)));
        assert_eq!(eval("[n, 'a']"), Ok(Value::list(vec![Value::Int(3), Value::text("a")])));
        assert!(eval("nothing").is_err());
    }

    #[test]
    fn a_field_that_a_record_lacks_is_none_once_it_is_known_to_be_a_field() {
        let expression = Expression::compile("critique is none").unwrap().seeing(&Constants::default());
        assert_eq!(expression.eval(&vars(vec![])), Ok(Value::Bool(true)));
        let template = Template::compile("test", "{% if critique %}{{ critique }}{% endif %}!").unwrap();
        assert_eq!(template.seeing(&Constants::default()).render(&vars(vec![])), Ok("!".into()));
    }

    #[test]
    fn an_endless_loop_runs_out_of_fuel() {
        let source = "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}";
        assert!(render(source, vec![]).unwrap_err().contains("fuel"));
    }
}
