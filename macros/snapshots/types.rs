#[traced]
async fn closure_over_generics<T>() -> impl Fn(&T, [&str; 2]) -> Option<&[T]> + Send {
    |_, _| None
}

#[traced]
async fn closure_with_lifetimes() -> (impl for<'a> FnMut(Vec<&'a str>, (&'a str, u8)) -> &'a str, u8) {
    (|texts, _| texts[0], 1)
}

#[traced]
async fn closure_over_a_borrow<'a>(name: &'a str) -> Result<impl Fn(&'a str, &Held<'a>) -> bool + 'a, FindError> {
    Ok(move |other, _| name == other)
}

#[traced]
async fn closure_of_elided(first: u8) -> impl Fn(Held<'_>, &'static str, fn(&u8) -> &u8) -> u8 {
    move |_, _, _| first
}

#[traced]
async fn closure_that_cannot_be_passed_through<T>() -> impl Fn(Mine<'_, T>) -> u8 {
    |_| 1
}

#[traced]
async fn closure_beside_opaque() -> (impl Fn(&u8) -> &u8, impl Display) {
    (|number| number, 1)
}

#[traced]
async fn ready() -> Option<impl Display> {
    Some(1)
}

#[traced]
fn opaque_in_tuple() -> (impl Display, u8) {
    (1, 2)
}

#[traced]
fn opaque_in_result() -> Result<impl Display, FindError> {
    find(1)
}

#[track_caller]
#[traced]
fn option_at_caller() -> Option<Result<User, FindError>> {
    find(1).ok().map(Ok)
}

#[traced]
fn shared_between_threads() -> impl Future<Output = u8> + Sync {
    async { 1 }
}

#[traced]
fn without_dyn() -> Pin<Box<Future<Output = u8>>> {
    Box::pin(async { 1 })
}

#[traced]
fn passes_a_future_on<T>(future: Pending<T>) -> Pin<Box<dyn Future<Output = T>>> {
    Box::pin(future)
}

#[traced]
fn passes_its_own_on(self) -> Pin<Box<dyn Future<Output = Self>>> {
    Box::pin(self.pending())
}

#[traced]
fn makes_a_future<T: 'static>(value: T) -> Pin<Box<dyn Future<Output = T>>> {
    Box::pin(async { value })
}

#[traced]
fn passes_a_stream_on<T>(stream: Pending<T>) -> BoxStream<'static, T> {
    stream.boxed()
}

#[traced]
fn makes_a_stream<T: 'static>(value: T) -> BoxStream<'static, T> {
    once(async { value }).boxed()
}

#[traced]
fn assigns_an_array(mut block: [u8; 4]) -> u8 {
    block = [0; 4];
    block[0]
}

#[traced]
fn keeps_the_type_of_a_stream(rows: Rows) -> Sse<Rows> {
    Sse::new(rows)
}

#[traced]
fn erases_the_type_of_a_stream(rows: Rows) -> Response {
    Sse::new(rows).into_response()
}

#[traced]
async fn closure_of_a_borrow_of_a_borrow<'a>(first: &'a u8) -> impl Fn(&'a &u8) -> bool {
    move |second| first == *second
}

#[traced]
fn tries() -> impl TryStream<Ok = u8, Error = FindError> {
    rows()
}

#[traced]
fn opaque_in_option() -> Option<impl Display> {
    Some(1)
}

#[traced]
#[track_caller]
fn array_at_caller() -> [u8; 2] {
    [1, 2]
}

#[traced(returns = "stream")]
fn stream_of_an_alias(rows: Rows) -> Rows {
    rows
}

#[traced(returns = "stream")]
fn stream_of_a_trait(rows: Rows) -> impl Rows {
    rows
}

#[traced]
impl Index<u8> for Shelf {
    fn index(&self, place: u8) -> &Book {
        self.book(place)
    }
}

#[traced]
impl IndexMut<u8> for Shelf {
    fn index_mut(&mut self, place: u8) -> &mut Book {
        self.book_mut(place)
    }
}

#[traced]
impl Shelf {
    fn index(&self) -> Book {
        self.first()
    }
}

#[traced(name = format!("find {id}").into(), allow(unbounded_name))]
fn named_by_a_conversion(id: u64) {
    drop(id);
}

#[traced]
fn ignores(_number: u8, guard: Guard, _: Guard, mut text: &str) {
    work();
}

#[traced(error_if = FindError::is_fatal)]
async fn gives_a_future(id: u64) -> impl Future<Output = Result<User, FindError>> {
    find(id)
}
